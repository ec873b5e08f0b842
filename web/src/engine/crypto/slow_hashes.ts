/**
 * What WebCrypto lacks: Argon2id, a SHA-256 that takes a file bit by bit, and CRC-32, by hash-wasm (MIT). Loaded when
 * first needed, so that nobody who only looks at a page waits for it. Needs wasm-unsafe-eval where a CSP is set.
 */

import type { Bytes } from "../format/bytes";
import type { Argon2Cost } from "../format/slots";
import type { HashKind, StreamHash } from "./crypto";

/** Argon2id, version 0x13, 32 bytes. */
export async function argon2idBytes(passphrase: Bytes, salt: Bytes, cost: Argon2Cost): Promise<Bytes> {
  const { argon2id } = await import("./wasm_hashes");
  const found = await argon2id({
    password: passphrase,
    salt,
    memorySize: cost.m,
    iterations: cost.t,
    parallelism: cost.p,
    hashLength: 32,
    outputType: "binary",
  });
  return new Uint8Array(found);
}

/** A hash over a stream, in this thread. */
export async function streamHash(kind: HashKind): Promise<StreamHash> {
  const wasm = await import("./wasm_hashes");
  const state = await (kind === "sha256" ? wasm.createSHA256() : wasm.createCRC32());
  state.init();
  return {
    update: async (bytes) => {
      state.update(bytes);
      return bytes;
    },
    hex: async () => state.digest("hex"),
  };
}
