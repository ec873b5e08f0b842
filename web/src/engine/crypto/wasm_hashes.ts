/** The three hashes that are taken from hash-wasm, named one by one so that a bundler leaves the others out. */

export { argon2id, createCRC32, createSHA256 } from "hash-wasm";
