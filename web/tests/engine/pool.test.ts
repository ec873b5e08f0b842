import { MessageChannel, type MessagePort } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { CryptoPool } from "../../src/engine";
import { directCrypto } from "../../src/engine/crypto/direct";
import type { Answer, Question, WorkerPort } from "../../src/engine/crypto/messages";
import { serveCrypto } from "../../src/engine/crypto/serve";
import { hex, utf8 } from "../../src/engine/format/bytes";
import { newHeader } from "../../src/engine/format/segments";
import { ciphertextSize } from "../../src/engine/format/sizes";
import { bytesOf } from "../support/fake_world";

const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
const SIZE = 2_500_000;
const FILE = { key: random(32), aad: utf8("tr_x/fi_x"), header: newHeader(random), size: SIZE };
const CONTENT = bytesOf(SIZE);
const open: CryptoPool[] = [];
const breakers: (() => void)[] = [];

function portOf<Out, In>(port: MessagePort): WorkerPort<Out, In> {
  return {
    post: (message, transfer) => port.postMessage(message, [...transfer]),
    listen: (take, broken) => {
      port.on("message", take);
      breakers.push(broken);
    },
    close: () => port.close(),
  };
}

/** A pool whose workers are reached by real channels: what does not survive structured cloning fails here. */
function pool(size: number): { pool: CryptoPool; spawned: () => number } {
  let spawned = 0;
  const made = new CryptoPool(() => {
    spawned += 1;
    const { port1, port2 } = new MessageChannel();
    serveCrypto(portOf<Answer, Question>(port2));
    return portOf<Question, Answer>(port1);
  }, size);
  open.push(made);
  return { pool: made, spawned: () => spawned };
}

afterEach(() => {
  for (const one of open.splice(0)) one.close();
  breakers.length = 0;
});

describe("the pool", () => {
  it("seals, opens and hashes as this thread would", async () => {
    const { pool: crypto } = pool(2);
    const direct = directCrypto();
    const job = { file: FILE, first: 0, piece: CONTENT };
    const [[ours], [theirs]] = await Promise.all([crypto.seal([job]), direct.seal([job])]);
    expect(ours?.digests).toEqual(theirs?.digests);
    expect(CONTENT.length).toBe(SIZE);
    const ciphertext = new Uint8Array(Buffer.concat(ours?.chunks ?? []));
    expect(ciphertext.length).toBe(ciphertextSize(SIZE));
    expect(Buffer.concat(theirs?.chunks ?? []).equals(ciphertext)).toBe(true);
    const opened = await crypto.open({ file: FILE, first: 0, ciphertext });
    expect(Buffer.from(opened.plaintext).equals(CONTENT)).toBe(true);
    expect(opened.digests).toEqual(ours?.digests);
    // It was moved, not copied.
    expect(ciphertext.length).toBe(0);
    expect(await crypto.digests({ size: SIZE, first: 0, piece: CONTENT })).toEqual(ours?.digests);
    expect(await crypto.sha256(CONTENT)).toEqual(await direct.sha256(CONTENT));
    expect(await crypto.argon2id(utf8("x"), random(16).fill(1), { m: 64, t: 1, p: 1 })).toEqual(
      await direct.argon2id(utf8("x"), new Uint8Array(16).fill(1), { m: 64, t: 1, p: 1 }),
    );
  });

  it("reads slices of chosen files for itself", async () => {
    const { pool: crypto } = pool(1);
    const [sealed] = await crypto.seal([{ file: FILE, first: 0, piece: new Blob([CONTENT]) }]);
    expect(sealed?.digests.length).toBe(3);
  });

  it("hashes two streams at once, and gives their bytes back", async () => {
    const { pool: crypto } = pool(2);
    const [one, two] = await Promise.all([crypto.hash("sha256"), crypto.hash("crc32")]);
    const bytes = await one.update(utf8("123456789"));
    expect(Buffer.from(await two.update(bytes)).toString()).toBe("123456789");
    expect(await two.hex()).toBe("cbf43926");
    expect(await one.hex()).toBe(hex(await directCrypto().sha256(utf8("123456789"))));
  });

  it("tells failures as they are", async () => {
    const { pool: crypto } = pool(1);
    const ciphertext = new Uint8Array(ciphertextSize(SIZE));
    ciphertext.set(FILE.header);
    await expect(crypto.open({ file: FILE, first: 0, ciphertext })).rejects.toMatchObject({ code: "integrity_failed" });
    const short = crypto.seal([{ file: FILE, first: 0, piece: utf8("short") }]);
    await expect(short).rejects.toMatchObject({ code: "length_wrong" });
  });

  it("starts workers as they are needed, and no more than it may", async () => {
    const { pool: crypto, spawned } = pool(3);
    await crypto.sha256(CONTENT);
    await crypto.sha256(CONTENT);
    expect(spawned()).toBe(1);
    await Promise.all(Array.from({ length: 8 }, () => crypto.sha256(CONTENT)));
    expect(spawned()).toBe(3);
  });

  it("fails what a lost worker was doing, and takes another", async () => {
    const { pool: crypto, spawned } = pool(1);
    const lost = crypto.sha256(CONTENT);
    for (const broken of breakers.splice(0)) broken();
    await expect(lost).rejects.toMatchObject({ code: "worker_lost" });
    await crypto.sha256(CONTENT);
    expect(spawned()).toBe(2);
  });

  it("ends with what it was doing", async () => {
    const { pool: crypto } = pool(1);
    const ended = crypto.sha256(CONTENT);
    crypto.close();
    await expect(ended).rejects.toMatchObject({ code: "stopped" });
  });
});
