import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Bytes, Download, TransferClass } from "../../src/engine";
import { bytesOf, FakeFile, FakeSink } from "../support/fake_world";
import { Bench, MIB } from "../support/upload_bench";

const SIZE = 17 * MIB + 11;
const CONTENT = bytesOf(SIZE);

const uploaded = new Map<TransferClass, Promise<Bench>>();

/** A server that holds the file; it is sealed once for all tests of a class. */
async function sent(transferClass: TransferClass = "managed"): Promise<Bench> {
  const files = [new FakeFile("large.bin", CONTENT)];
  const once = uploaded.get(transferClass) ?? sentAnew(transferClass, files);
  uploaded.set(transferClass, once);
  const { server } = await once;
  const bench = new Bench();
  bench.server.take(server);
  return bench;
}

async function sentAnew(transferClass: TransferClass, files: readonly FakeFile[]): Promise<Bench> {
  const bench = new Bench();
  await bench.upload(files, transferClass).run();
  bench.server.asked.length = 0;
  return bench;
}

function first(download: Download): Download["files"][0] {
  const [file] = download.files;
  if (file === undefined) throw new Error("no file");
  return file;
}

/** The ranges of the blob that were asked for. */
function ranges(bench: Bench): string[] {
  return bench.server.asked
    .filter(({ url }) => url.host.startsWith("store"))
    .map(({ headers }) => headers["range"] ?? "");
}

/** Changes bytes of the only blob at rest. */
function damage(bench: Bench, at: number): void {
  const [blob] = bench.server.blobs.values();
  if (blob?.whole) blob.whole[at] = (blob.whole[at] ?? 0) ^ 1;
}

describe("a download", () => {
  it("comes in ranges of 8 MiB and its header, each once", async () => {
    const bench = await sent();
    const download = await bench.download();
    const sink = new FakeSink();
    const { sha256 } = await download.fetch(first(download), sink);
    expect(sha256).toBe(createHash("sha256").update(CONTENT).digest("hex"));
    expect(Buffer.from(sink.content).equals(CONTENT)).toBe(true);
    expect(ranges(bench).length).toBe(4);
    expect(download.progress).toMatchObject({ phase: "done", done: first(download).entry.length });
  });

  it.each([
    ["the beginning", 30, "header_wrong"],
    ["the middle", 12 * MIB, "integrity_failed"],
    ["the end", SIZE, "integrity_failed"],
  ])("is refused where %s was changed, and nothing of it is kept", async (_, at, code) => {
    const bench = await sent();
    if (code === "header_wrong") damage(bench, 0);
    else damage(bench, at as number);
    const download = await bench.download();
    const sink = new FakeSink();
    await expect(download.fetch(first(download), sink)).rejects.toMatchObject({ code });
    expect(sink.ended).toBe("discarded");
    expect(Buffer.from(sink.content).equals(CONTENT.slice(0, sink.content.length))).toBe(true);
    expect(bench.server.arrived).toEqual([]);
  });

  it("is refused where a plain file is not the one whose SHA-256 its sender gave", async () => {
    const bench = await sent("plain");
    damage(bench, 5 * MIB);
    const download = await bench.download();
    const sink = new FakeSink();
    await expect(download.fetch(first(download), sink)).rejects.toMatchObject({ code: "digest_differs" });
    // The last piece is held back until all of it held.
    expect(sink.content.length).toBeLessThan(SIZE);
  });

  it.each([0, 1, 5 * MIB, SIZE - 1, SIZE])("goes on where %d bytes are there", async (held) => {
    const bench = await sent();
    const download = await bench.download();
    const sink = new FakeSink(CONTENT.slice(0, held));
    const { sha256 } = await download.fetch(first(download), sink);
    expect(sha256).toBe(createHash("sha256").update(CONTENT).digest("hex"));
    expect(Buffer.from(sink.content).equals(CONTENT)).toBe(true);
    // The last-flagged segment is fetched and opened in any case.
    expect(ranges(bench).at(-1)).toMatch(new RegExp(`-${first(download).entry.length - 1}$`));
  });

  it("does not go on from bytes of another file", async () => {
    const bench = await sent();
    const download = await bench.download();
    const sink = new FakeSink(bytesOf(5 * MIB, 77));
    await expect(download.fetch(first(download), sink)).rejects.toMatchObject({ code: "digest_differs" });
    expect(sink.ended).toBe("discarded");
  });

  it("renews addresses that have run out, and a session that idled out", async () => {
    const bench = await sent();
    const download = await bench.download();
    bench.clock.time += 3_600_000;
    bench.server.endSession();
    await download.fetch(first(download), new FakeSink());
    expect(bench.server.arrived.length).toBe(1);
  });

  it("is tried again over cut lines and portals' pages", async () => {
    const bench = await sent();
    const download = await bench.download();
    let turn = 0;
    bench.server.interfere = ({ url }) => {
      turn += 1;
      if (!url.host.startsWith("store") || turn % 3 === 0) return null;
      return turn % 3 === 1 ? "cut" : { status: 200, body: "<html>Welcome" };
    };
    const sink = new FakeSink();
    await download.fetch(first(download), sink);
    expect(Buffer.from(sink.content).equals(CONTENT)).toBe(true);
  });

  it("ends with what a server sent beyond its range", async () => {
    const bench = await sentAnew("plain", [new FakeFile("a.txt", bytesOf(10))]);
    const download = await bench.download();
    bench.server.interfere = ({ url }) => (url.host.startsWith("store") ? { status: 206, body: "x".repeat(11) } : null);
    const sink = new FakeSink();
    await expect(download.fetch(first(download), sink)).rejects.toMatchObject({ code: "length_differs" });
    expect(sink.content.length).toBe(0);
  });

  it("pauses and goes on; a stop keeps what came", async () => {
    const bench = await sent();
    const download = await bench.download();
    const sink = new FakeSink();
    bench.server.interfere = ({ url }) => {
      if (url.host.startsWith("store")) {
        bench.server.interfere = () => null;
        download.pause();
        setTimeout(() => download.go(), 10);
      }
      return null;
    };
    await download.fetch(first(download), sink);
    expect(Buffer.from(sink.content).equals(CONTENT)).toBe(true);
    const again = await bench.download();
    const stopped = new FakeSink();
    bench.server.interfere = () => {
      again.stop();
      return null;
    };
    await expect(again.fetch(first(again), stopped)).rejects.toMatchObject({ code: "stopped" });
    expect(stopped.ended).toBe("kept");
  });

  it("ends at once where the sink fails, even while it is paused", async () => {
    const bench = await sent();
    const download = await bench.download();
    const sink = new FakeSink();
    sink.write = async () => {
      download.pause();
      throw new Error("no room");
    };
    await expect(download.fetch(first(download), sink)).rejects.toThrow("no room");
    expect(sink.ended).toBe("kept");
  });

  it("ends where it is gone", async () => {
    const bench = await sent();
    const download = await bench.download();
    bench.server.interfere = ({ url }) => (url.host.startsWith("store") ? { status: 410 } : null);
    const sink = new FakeSink();
    await expect(download.fetch(first(download), sink)).rejects.toMatchObject({ code: "gone" });
    expect(sink.ended).toBe("discarded");
  });

  it("waits for a line that is away, once for all ranges, and goes on where it was", async () => {
    const bench = await sent();
    const waited: string[] = [];
    const download = await bench.download({}, async (held) => {
      waited.push(held);
      expect(download.held).toBe("network");
      bench.server.interfere = () => null;
    });
    bench.server.interfere = ({ url }) => (url.host.startsWith("store") ? "cut" : null);
    const sink = new FakeSink();
    await download.fetch(first(download), sink);
    expect(waited).toEqual(["network"]);
    expect(download.held).toBeNull();
    expect(sink.ended).toBe("finished");
  });

  it("says why it is gone, where the server does", async () => {
    const bench = await sent();
    const download = await bench.download();
    const problem = {
      code: "gone",
      title: "Gone",
      hint: "Ask.",
      errors: [{ pointer: "", code: "expired", detail: "" }],
    };
    bench.server.interfere = ({ method, url }) => {
      if (url.host.startsWith("store")) return { status: 410 };
      return method === "GET" ? { status: 410, type: "application/problem+json", body: JSON.stringify(problem) } : null;
    };
    const error = await download.fetch(first(download), new FakeSink()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "gone", title: "Gone", problems: [{ code: "expired" }] });
  });

  it.each(["gone", "network"])("has arrived, although the server can't be told: %s", async (why) => {
    const bench = await sent();
    const download = await bench.download();
    bench.server.interfere = ({ url }) => {
      if (!url.pathname.includes("/downloads/")) return null;
      return why === "network"
        ? "cut"
        : {
            status: 410,
            type: "application/problem+json",
            body: JSON.stringify({ code: "gone", title: "", hint: "" }),
          };
    };
    const sink = new FakeSink();
    await download.fetch(first(download), sink);
    expect(sink.ended).toBe("finished");
    expect(bench.server.arrived).toEqual([]);
  });
});

describe("a server that lies", () => {
  it.each([
    ["another size than the record's", { size: 5 }, "size_differs"],
    ["a record of another file", { record: "AAAA" }, "length_wrong"],
    ["a list in another order", { id: "fi_01jd8x3v6kf2q9m4n7p0r59999" }, "server_wrong"],
  ])("is found out: %s", async (_, change, code) => {
    const bench = await sent();
    const { text } = bench.server;
    Object.assign(bench.server, {
      text: async (...given: Parameters<typeof text>) => {
        const answer = await text(...given);
        if (!given[0].url.endsWith("/downloads")) return answer;
        const body = JSON.parse(answer.text) as { files: object[] };
        return {
          ...answer,
          text: JSON.stringify({ ...body, files: body.files.map((file) => ({ ...file, ...change })) }),
        };
      },
    });
    await expect(bench.download()).rejects.toMatchObject({ code });
  });

  it("can't give a key of its own to a sealed file", async () => {
    const bench = await sent("sealed");
    await expect(bench.download({})).rejects.toMatchObject({ code: "key_missing" });
  });
});

describe("a zip", () => {
  it("has the length it was said to have, and its files in order", async () => {
    const files = Array.from({ length: 20 }, (_, at) => new FakeFile(`折り/${at}.txt`, bytesOf(at * 1000, at + 1)));
    const bench = await sentAnew("managed", [...files, new FakeFile("large.bin", CONTENT)]);
    const download = await bench.download();
    const { length, content } = await download.zip(Date.UTC(2026, 0, 31));
    const pieces: Bytes[] = [];
    for await (const piece of content) pieces.push(piece);
    const zip = Buffer.concat(pieces);
    expect(zip.length).toBe(length);
    const places = [...files, { name: "large.bin", content: CONTENT }].map(({ name }) => zip.indexOf(name, 0, "utf8"));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(zip.includes(Buffer.from(CONTENT))).toBe(true);
    expect(bench.server.arrived.length).toBe(21);
  });

  it("is not finished where a file does not hold, and nothing is reported as arrived", async () => {
    const bench = await sent();
    damage(bench, SIZE);
    const download = await bench.download();
    const { length, content } = await download.zip(0);
    let written = 0;
    const read = async (): Promise<void> => {
      for await (const piece of content) written += piece.length;
    };
    await expect(read()).rejects.toMatchObject({ code: "integrity_failed" });
    expect(written).toBeLessThan(length - MIB);
    expect(bench.server.arrived).toEqual([]);
  });
});
