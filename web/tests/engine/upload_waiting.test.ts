import { describe, expect, it } from "vitest";
import type { Held } from "../../src/engine";
import { bytesOf, FakeFile } from "../support/fake_world";
import { Bench, MIB, someFiles } from "../support/upload_bench";

function large(): FakeFile {
  return new FakeFile("large.bin", bytesOf(21 * MIB));
}

describe("an upload that may wait", () => {
  it("goes on by itself when the line is back, in the middle of a part", async () => {
    const bench = new Bench();
    const held: (Held | null)[] = [];
    const wait = async (): Promise<void> => {
      held.push(upload.held);
      bench.server.interfere = () => null;
    };
    const upload = bench.upload([large()], "managed", { wait });
    bench.server.interfere = ({ method }) => (method === "PUT" && bench.server.puts.length >= 2 ? "cut" : null);
    const sent = await upload.run();
    expect(sent.resumed).toBe(false);
    // Several parts met it; they wait together.
    expect(held).toEqual(["network"]);
    expect(upload.held).toBeNull();
    expect(upload.progress.done).toBe(upload.progress.total);
  });

  it.each(["create", "files/complete", "complete"])("waits as well where a call is lost: %s", async (call) => {
    const bench = new Bench();
    let waits = 0;
    bench.server.interfere = ({ method, url }) => {
      const last = call === "create" ? "/v1/transfers" : `/${call}`;
      const meant = url.pathname.endsWith(last) && (call !== "complete" || !url.pathname.endsWith("files/complete"));
      return method === "POST" && meant ? "cut" : null;
    };
    const wait = async (): Promise<void> => {
      waits += 1;
      bench.server.interfere = () => null;
    };
    await bench.upload(someFiles(), "managed", { wait }).run();
    expect(waits).toBe(1);
    expect(bench.server.created).toBe(1);
  });

  it("ends while it waits, when it is stopped", async () => {
    const bench = new Bench();
    bench.server.interfere = ({ method }) => (method === "PUT" ? "cut" : null);
    const wait = (_: Held, signal: AbortSignal): Promise<void> => {
      setImmediate(() => upload.stop());
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    };
    const upload = bench.upload([large()], "managed", { wait });
    await expect(upload.run()).rejects.toMatchObject({ code: "stopped" });
  });

  it("does not wait for what waiting does not help", async () => {
    const bench = new Bench();
    bench.server.interfere = ({ method }) => (method === "PUT" ? { status: 507 } : null);
    const wait = async (): Promise<void> => expect.unreachable();
    await expect(bench.upload([large()], "managed", { wait }).run()).rejects.toMatchObject({ code: "store_full" });
  });
});

describe("an upload that the server does not take", () => {
  it("leaves nothing to go on with", async () => {
    const bench = new Bench();
    bench.server.interfere = ({ url }) =>
      url.pathname.endsWith("/transfers")
        ? { status: 422, type: "application/problem+json", body: '{"code":"expiry_too_far","title":"T","hint":"H"}' }
        : null;
    await expect(bench.upload([large()]).run()).rejects.toMatchObject({ code: "expiry_too_far" });
    expect(bench.journals.kept.size).toBe(0);
  });
});

describe("what a person watches", () => {
  it("is each part on its way, and the share of each file", async () => {
    const bench = new Bench();
    const seen: { file: number; number: number; of: number }[] = [];
    let most = 0;
    const files = [large(), ...someFiles().slice(0, 3)];
    const upload = bench.upload(files);
    bench.server.interfere = ({ method }) => {
      if (method !== "PUT") return null;
      for (const { file, number, of } of upload.parts) seen.push({ file, number, of });
      most = Math.max(most, upload.parts.length);
      return null;
    };
    expect(upload.shareOf(0)).toBe(0);
    await upload.run();
    expect(seen).toContainEqual({ file: 0, number: 5, of: 5 });
    expect(most).toBeLessThanOrEqual(5);
    expect(upload.parts).toEqual([]);
    expect(files.map((_, at) => upload.shareOf(at))).toEqual([1, 1, 1, 1]);
  });

  it("takes up the share that was in before", async () => {
    const bench = new Bench();
    bench.server.interfere = ({ method }) => (method === "PUT" && bench.server.puts.length >= 3 ? "cut" : null);
    await expect(bench.upload([large()]).run()).rejects.toMatchObject({ code: "network" });
    bench.server.interfere = () => null;
    const shares: number[] = [];
    const again = bench.upload([large()]);
    bench.server.interfere = () => {
      shares.push(again.shareOf(0));
      return null;
    };
    await again.run();
    expect(shares.find((share) => share > 0)).toBeGreaterThan(0.5);
  });

  it("is nothing while it is paused", async () => {
    const bench = new Bench();
    const upload = bench.upload([large()]);
    let paused = false;
    const goOn = (): void => {
      // A part that is being read is read to its end.
      if (upload.parts.length > 0) setImmediate(goOn);
      else upload.go();
    };
    bench.server.interfere = ({ method }) => {
      if (method === "PUT" && !paused) {
        paused = true;
        upload.pause();
        goOn();
      }
      return null;
    };
    await upload.run();
    expect(paused).toBe(true);
  });
});
