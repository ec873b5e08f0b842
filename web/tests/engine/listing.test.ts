import { describe, expect, it } from "vitest";
import { Download, TransferCalls, type TransferClass } from "../../src/engine";
import { compatibleAddress } from "../../src/engine/download/compatible";
import { listFiles } from "../../src/engine/download/listing";
import { type OpenTransfer, openTransfer } from "../../src/engine/download/opened_transfer";
import { ID } from "../support/fake_server";
import { bytesOf, FakeFile } from "../support/fake_world";
import { Bench } from "../support/upload_bench";

const CONTENT = bytesOf(5000);

/** A server that holds two files, and the transfer as its reader opens it. */
async function sent(transferClass: TransferClass): Promise<{ bench: Bench; transfer: OpenTransfer }> {
  const bench = new Bench();
  const files = [new FakeFile("図面/一.txt", CONTENT), new FakeFile("b.txt", bytesOf(10))];
  const { linkKey } = await bench.upload(files, transferClass).run();
  bench.server.asked.length = 0;
  const transfer = await openTransfer(
    await new TransferCalls(bench.api, ID).show(),
    { linkKey },
    bench.crypto.argon2id,
  );
  return { bench, transfer };
}

describe("a list of files", () => {
  it.each<TransferClass>(["managed", "sealed", "plain"])(
    "of a %s transfer names them and counts nothing",
    async (kind) => {
      const { bench, transfer } = await sent(kind);
      const listed = await listFiles(bench.api, transfer);
      expect(listed.map(({ name, size, left }) => [name, size, left])).toEqual([
        ["図面/一.txt", 5000, null],
        ["b.txt", 10, null],
      ]);
      expect(bench.server.asked.some(({ url }) => url.pathname.endsWith("/downloads"))).toBe(false);
    },
  );

  it("shows no name that could deceive, and none of a record that does not hold", async () => {
    const { bench, transfer } = await sent("managed");
    Object.assign(bench.server.files[0] ?? {}, { name: "a\u202etxt.exe" });
    expect((await listFiles(bench.api, transfer))[0]?.name).toBeNull();
    const sealed = await sent("sealed");
    Object.assign(sealed.bench.server.files[0] ?? {}, { record: sealed.bench.server.files[1]?.record });
    expect((await listFiles(sealed.bench.api, sealed.transfer)).map(({ name }) => name)).toEqual([null, "b.txt"]);
  });
});

describe("a file to look at", () => {
  it("is read whole and verified, and not told as arrived", async () => {
    const { bench, transfer } = await sent("managed");
    const ids = [bench.server.files[0]?.id ?? ""];
    const download = await Download.open({ api: bench.api, crypto: bench.crypto }, transfer, { ids, opened: transfer });
    const [file] = download.files;
    if (file === undefined) throw new Error("no file");
    expect(Buffer.from(await download.read(file)).equals(CONTENT)).toBe(true);
    expect(bench.server.arrived).toEqual([]);
  });
});

describe("the compatible download", () => {
  it("asks for an address within a session of its own", async () => {
    const { bench, transfer } = await sent("managed");
    const given = { url: "https://files.acme.example/fetch/x", name: "一.txt", length: 5000 };
    bench.server.interfere = ({ url }) =>
      url.pathname.endsWith("/addresses")
        ? { status: 201, type: "application/json", body: JSON.stringify(given) }
        : null;
    const ids = [bench.server.files[0]?.id ?? ""];
    expect(await compatibleAddress(bench.api, transfer.id, ids)).toMatchObject(given);
    const asked = bench.server.asked.map(({ url }) => url.pathname.split("/").at(-1));
    expect(asked.slice(-2)).toEqual(["downloads", "addresses"]);
  });

  it("is none where the answer has no address", async () => {
    const { bench, transfer } = await sent("managed");
    const ids = [bench.server.files[0]?.id ?? ""];
    await expect(compatibleAddress(bench.api, transfer.id, ids)).rejects.toMatchObject({ code: "server_wrong" });
  });
});

describe("an answer without a body", () => {
  it("is one where the server took something on (202)", async () => {
    const { bench } = await sent("managed");
    bench.server.interfere = () => ({ status: 202, type: "text/plain", body: "" });
    expect(await bench.api.post("/auth/v1/links/more-time", { token: "t" })).toEqual({});
  });

  it("is none of Fumibako's otherwise", async () => {
    const { bench } = await sent("managed");
    bench.server.interfere = () => ({ status: 200, type: "text/html", body: "" });
    await expect(bench.api.post("/auth/v1/links/more-time", { token: "t" })).rejects.toMatchObject({ code: "network" });
  });
});
