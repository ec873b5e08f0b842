import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { forget, type Transfer, unfinished } from "../../src/engine";
import { decode } from "../../src/engine/format/base64url";
import { bytesOf, FakeFile, FakeSink } from "../support/fake_world";
import { Bench, MIB, someFiles } from "../support/upload_bench";

const classes = ["managed", "plain", "sealed"] as const;

function large(): FakeFile {
  return new FakeFile("large.bin", bytesOf(21 * MIB));
}

/** Lets so many parts through, then cuts every line. */
function cutAfter(bench: Bench, parts: number): void {
  bench.server.interfere = ({ method }) => (method === "PUT" && bench.server.puts.length >= parts ? "cut" : null);
}

describe("an upload", () => {
  it.each(classes)("of the class %s arrives as it was", async (transferClass) => {
    const bench = new Bench();
    const files = someFiles();
    const upload = bench.upload(files, transferClass);
    const sent = await upload.run();
    expect(sent.transfer.state).toBe("checking");
    expect(sent.resumed).toBe(false);
    const total = [...bench.server.blobs.values()].reduce((sum, blob) => sum + blob.size, 0);
    expect([sent.sentBytes, upload.progress.done, upload.progress.total]).toEqual([total, total, total]);
    expect(upload.progress.phase).toBe("done");
    expect(bench.journals.kept.size).toBe(0);
    const download = await bench.download({ linkKey: sent.linkKey });
    for (const [at, file] of download.files.entries()) {
      const sink = new FakeSink();
      const { sha256 } = await download.fetch(file, sink);
      expect(file.record.name).toBe(files[at]?.name);
      expect(Buffer.from(sink.content).equals(files[at]?.content ?? new Uint8Array(1))).toBe(true);
      expect(sha256).toBe(createHash("sha256").update(sink.content).digest("hex"));
      expect(sink.ended).toBe("finished");
    }
    expect(bench.server.arrived).toEqual(bench.server.files.map(({ id }) => id));
  });

  it("tells a server of sealed files neither name, type, key nor digest", async () => {
    const bench = new Bench();
    const sent = await bench.upload(someFiles(), "sealed").run();
    const told = JSON.stringify(bench.server.asked.map(({ body }) => body));
    expect(decode(sent.linkKey).length).toBe(32);
    for (const secret of ["large.bin", "media_type", "octet-stream", sent.linkKey ?? ""])
      expect(told).not.toContain(secret);
  });

  it("has the key of a sealed link kept before the last call", async () => {
    const bench = new Bench();
    const kept: unknown[] = [];
    const keepLinkKey = async (transfer: string, key: string): Promise<void> => {
      kept.push(transfer, key, bench.server.state);
    };
    const sent = await bench.upload([new FakeFile("a.txt", bytesOf(10))], "sealed", { keepLinkKey }).run();
    expect(kept).toEqual([sent.transfer.id, sent.linkKey, "uploading"]);
  });

  it("opens by a passphrase where one was chosen", async () => {
    const bench = new Bench();
    const sent = await bench.upload([new FakeFile("a.txt", bytesOf(10))], "sealed", { passphrase: "合言葉" }).run();
    expect(sent.linkKey).toBeNull();
    expect(decode(bench.server.completed["passphrase_auth"]).length).toBe(32);
    await expect(bench.download({})).rejects.toMatchObject({ code: "key_missing" });
    expect((await bench.download({ passphrase: "合言葉" })).files[0]?.record.name).toBe("a.txt");
  });

  it("keeps several parts on their way, and no more than the memory for them allows", async () => {
    const bench = new Bench();
    const { put } = bench.server;
    let go: () => void = () => undefined;
    const together = new Promise<void>((resolve) => {
      go = resolve;
    });
    let waiting = 0;
    const held = async (request: Parameters<typeof put>[0]): ReturnType<typeof put> => {
      waiting += 1;
      if (waiting === 3) go();
      // The first three wait for each other: one after another they would never leave.
      await together;
      return put(request);
    };
    Object.assign(bench.server, { put: held });
    await bench.upload([large()]).run();
    expect(bench.server.mostInFlight).toBeLessThanOrEqual(5);
  });

  it("promises header and segment hashes before the first byte of a part leaves", async () => {
    const bench = new Bench();
    let promised: boolean[] = [];
    bench.server.interfere = ({ method, url }) => {
      if (method !== "PUT") return null;
      const lines = [...bench.journals.kept.values()].flat().map((line) => JSON.parse(line) as Record<string, unknown>);
      const part = Number(url.pathname.split("/")[2]);
      const first = (part - 1) * 5;
      promised = [
        ...promised,
        lines.some((line) => line["k"] === "part" && line["first"] === first),
        lines.some((line) => line["headers"]),
      ];
      return null;
    };
    await bench.upload([large()]).run();
    expect(promised.length).toBe(10);
    expect(promised).not.toContain(false);
  });

  it("asks for parts that take about 15 s at the rate it is told", async () => {
    const bench = new Bench();
    await bench.upload([large()], "managed", { rate: 600_000 }).run();
    expect(bench.server.files[0]?.part_size).toBe(8 * MIB);
  });
});

describe("an upload that was cut", () => {
  it.each(classes)("goes on where it stopped (%s)", async (transferClass) => {
    const bench = new Bench();
    const files = [large(), new FakeFile("a.txt", bytesOf(100, 3)), new FakeFile("b.txt", bytesOf(200, 4))];
    cutAfter(bench, 3);
    await expect(bench.upload(files, transferClass).run()).rejects.toMatchObject({ code: "network" });
    bench.server.interfere = () => null;
    const upload = bench.upload(files, transferClass);
    const sent = await upload.run();
    expect(sent.resumed).toBe(true);
    expect(bench.server.created).toBe(1);
    expect(new Set(bench.server.puts).size).toBe(bench.server.puts.length);
    expect(upload.progress.done).toBe(upload.progress.total);
    const download = await bench.download({ linkKey: sent.linkKey });
    for (const [at, file] of download.files.entries()) {
      const sink = new FakeSink();
      await download.fetch(file, sink);
      expect(Buffer.from(sink.content).equals(files[at]?.content ?? new Uint8Array(1))).toBe(true);
    }
  });

  it.each(classes)(
    "refuses another content under the same header, and forgets what it was (%s)",
    async (transferClass) => {
      const bench = new Bench();
      const file = large();
      cutAfter(bench, 1);
      await expect(bench.upload([file], transferClass).run()).rejects.toMatchObject({ code: "network" });
      bench.server.interfere = () => null;
      file.content = file.content.slice();
      file.content[100] = (file.content[100] ?? 0) ^ 1;
      const before = bench.server.puts.length;
      await expect(bench.upload([file], transferClass).run()).rejects.toMatchObject({ code: "file_changed" });
      expect(bench.server.puts.length).toBe(before);
      expect(bench.journals.kept.size).toBe(0);
    },
  );

  it("refuses a change under way, between two tries of one part", async () => {
    const bench = new Bench();
    const file = large();
    const upload = bench.upload([file]);
    bench.server.interfere = ({ method }) => {
      if (method === "PUT") {
        upload.pause();
        file.content = bytesOf(21 * MIB, 9);
        setImmediate(() => upload.go());
        bench.server.interfere = () => null;
      }
      return null;
    };
    await expect(upload.run()).rejects.toMatchObject({ code: "file_changed" });
  });

  it("keeps its record while the file can't be read", async () => {
    const bench = new Bench();
    const file = large();
    cutAfter(bench, 1);
    await expect(bench.upload([file]).run()).rejects.toMatchObject({ code: "network" });
    bench.server.interfere = () => null;
    file.unreadable = true;
    await expect(bench.upload([file]).run()).rejects.toMatchObject({ code: "file_unreadable" });
    const [left] = await unfinished(bench.journals);
    expect(left).toMatchObject({ transfer: bench.server.files.length > 0 ? expect.any(String) : null });
    file.unreadable = false;
    const options = { journal: left?.journal };
    await expect(bench.upload([new FakeFile("other", bytesOf(5))], "managed", options).run()).rejects.toMatchObject({
      code: "files_differ",
    });
    expect((await bench.upload([file], "managed", options).run()).resumed).toBe(true);
  });

  it("makes no second transfer where the answer to create was lost", async () => {
    const bench = new Bench();
    let lost = 0;
    const { text } = bench.server;
    Object.assign(bench.server, {
      text: async (...given: Parameters<typeof text>) => {
        const answer = await text(...given);
        const create = given[0].method === "POST" && given[0].url.endsWith("/transfers/v1/transfers");
        if (create && lost++ === 0) return { ...answer, status: 502, text: "" };
        return answer;
      },
    });
    await bench.upload([large()]).run();
    expect(lost).toBe(2);
    expect(bench.server.created).toBe(1);
  });

  it("takes the lost answer to the last call for what it was", async () => {
    const bench = new Bench();
    const files = [new FakeFile("a.txt", bytesOf(100))];
    bench.server.interfere = ({ url }) =>
      url.pathname.endsWith(`${"/complete"}`) && !url.pathname.includes("files") ? "cut" : null;
    await expect(bench.upload(files, "sealed").run()).rejects.toMatchObject({ code: "network" });
    bench.server.interfere = () => null;
    bench.server.state = "checking";
    const kept: string[] = [];
    const keepLinkKey = async (_: string, key: string): Promise<void> => {
      kept.push(key);
    };
    const sent = await bench.upload(files, "sealed", { keepLinkKey }).run();
    expect(kept).toEqual([sent.linkKey]);
    expect(sent).toMatchObject({ resumed: true, sentBytes: 0, linkKey: expect.stringMatching(/^[\w-]{43}$/) });
  });

  it("is over where the server closed it meanwhile", async () => {
    const bench = new Bench();
    cutAfter(bench, 1);
    await expect(bench.upload([large()]).run()).rejects.toMatchObject({ code: "network" });
    bench.server.interfere = () => null;
    bench.server.state = "closed";
    await expect(bench.upload([large()]).run()).rejects.toMatchObject({ code: "upload_over" });
    expect(await unfinished(bench.journals)).toEqual([]);
  });

  it("can be forgotten", async () => {
    const bench = new Bench();
    cutAfter(bench, 1);
    await expect(bench.upload([large()]).run()).rejects.toMatchObject({ code: "network" });
    const [left] = await unfinished(bench.journals);
    await forget(bench.journals, left?.journal ?? "");
    expect(bench.journals.kept.size).toBe(0);
  });

  it("starts anew where its record is damaged", async () => {
    const bench = new Bench();
    cutAfter(bench, 1);
    await expect(bench.upload([large()]).run()).rejects.toMatchObject({ code: "network" });
    bench.server.interfere = () => null;
    for (const lines of bench.journals.kept.values())
      lines[1] = JSON.stringify({ k: "created", answer: {}, headers: { x: "?" } });
    expect((await bench.upload([large()]).run()).resumed).toBe(false);
    expect(bench.server.created).toBe(2);
  });
});

describe("while it runs", () => {
  it("pauses at once and goes on without asking for what is there", async () => {
    const bench = new Bench();
    const upload = bench.upload([large()]);
    let paused: number | null = null;
    bench.server.interfere = ({ method }) => {
      if (method === "PUT" && bench.server.puts.length >= 2 && paused === null) {
        paused = bench.server.puts.length;
        upload.pause();
        expect(upload.progress).toMatchObject({ phase: "paused", rate: null });
        setTimeout(() => {
          expect(bench.server.inFlight).toBe(0);
          upload.go();
        }, 20);
      }
      return null;
    };
    const sent: { transfer: Transfer } = await upload.run();
    expect(paused).not.toBeNull();
    expect(sent.transfer.state).toBe("checking");
  });

  it("stops while it is paused", async () => {
    const bench = new Bench();
    const upload = bench.upload([large()]);
    bench.server.interfere = ({ method }) => {
      if (method === "PUT") {
        upload.pause();
        setImmediate(() => upload.stop());
      }
      return null;
    };
    await expect(upload.run()).rejects.toMatchObject({ code: "stopped" });
    expect((await unfinished(bench.journals)).length).toBe(1);
  });

  it("is refused to a second run at the same time", async () => {
    const bench = new Bench();
    const first = bench.upload([large()]).run();
    await expect(bench.upload([large()]).run()).rejects.toMatchObject({ code: "upload_running" });
    await first;
  });

  it("renews a token that ends and addresses that have run out", async () => {
    const bench = new Bench();
    const { server, clock } = bench;
    server.tokenEndsAt = clock.now() + 900_000;
    server.interfere = ({ method }) => {
      // Each part takes ten minutes.
      if (method === "PUT") clock.time += 600_000;
      return null;
    };
    await bench.upload([large()]).run();
    expect(server.asked.filter(({ url }) => url.pathname === "/auth/v1/token").length).toBeGreaterThan(1);
    expect(server.asked.filter(({ url }) => url.pathname.endsWith("/parts")).length).toBeGreaterThan(1);
  });

  it("takes neither a portal's page nor a 200 without an ETag for success", async () => {
    const bench = new Bench();
    let lies = 0;
    bench.server.interfere = ({ method, url }) => {
      const lie = method === "PUT" || url.pathname.endsWith("/transfers");
      return lie && lies++ % 2 === 0 ? { status: 200, type: "text/html", body: "<html>Welcome" } : null;
    };
    await bench.upload([large()]).run();
    expect(lies).toBeGreaterThan(10);
  });

  it.each([
    [410, "upload_over"],
    [507, "store_full"],
  ])("ends where the store says %d", async (status, code) => {
    const bench = new Bench();
    bench.server.interfere = ({ method }) => (method === "PUT" ? { status } : null);
    await expect(bench.upload([large()]).run()).rejects.toMatchObject({ code });
  });

  it("takes 412 for a part that had arrived before", async () => {
    const bench = new Bench();
    let first = true;
    const { put } = bench.server;
    Object.assign(bench.server, {
      put: async (request: Parameters<typeof put>[0]) => {
        const answer = await put(request);
        if (!first) return answer;
        first = false;
        return { ...answer, status: 412 };
      },
    });
    await bench.upload([new FakeFile("a.txt", bytesOf(100))]).run();
    expect(bench.server.puts.length).toBe(1);
  });
});

describe("what was chosen", () => {
  it.each([
    ["no_files", []],
    ["duplicate_name", ["a.txt", "A.txt"]],
    ["name_invalid", ["a\u202e.txt"]],
    ["name_invalid", ["../a.txt"]],
  ])("is refused: %s", async (code, names) => {
    const bench = new Bench();
    const files = names.map((name) => new FakeFile(name, bytesOf(1)));
    await expect(bench.upload(files).run()).rejects.toMatchObject({ code });
    expect(bench.server.asked).toEqual([]);
  });

  it("goes in calls of 500 files, and each small file once", async () => {
    const bench = new Bench();
    const files = Array.from({ length: 502 }, (_, at) => new FakeFile(`${at}.txt`, bytesOf(at % 50, at + 1)));
    await bench.upload(files).run();
    expect(bench.server.files.length).toBe(502);
    expect(bench.server.blobs.size).toBe(2);
    const completed = bench.server.asked.filter(({ url }) => url.pathname.endsWith("/files/complete"));
    expect(completed.every(({ body }) => (body["files"] as unknown[]).length <= 100)).toBe(true);
    const download = await bench.download();
    const sink = new FakeSink();
    await download.fetch(download.files[501] as never, sink);
    expect(Buffer.from(sink.content).equals(files[501]?.content ?? new Uint8Array(1))).toBe(true);
  });
});
