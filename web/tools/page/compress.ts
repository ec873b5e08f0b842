/** Texts compressed once, instead of at each request. */

import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const TEXT = /\.(?:html|js|css|json|svg|wasm|bcmap)$/;
// A smaller file fits into one packet as it is.
const LEAST_BYTES = 1024;
// The highest level takes a second for each MB, and gains little in what few people load.
const SLOWLY_UP_TO = 200_000;

const brotli = promisify(brotliCompress);
const zipped = promisify(gzip);

/** Writes `<file>.br` and `<file>.gz` beside every text of a folder where they are smaller. */
export async function compressFolder(folder: string): Promise<void> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => TEXT.test(name));
  await Promise.all(names.map((name) => compress(join(folder, name))));
}

async function compress(path: string): Promise<void> {
  if (statSync(path).size < LEAST_BYTES) return;
  const content = readFileSync(path);
  const quality = content.length > SLOWLY_UP_TO ? 9 : 11;
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  const made = { br: await brotli(content, { params }), gz: await zipped(content, { level: 9 }) };
  for (const [ending, packed] of Object.entries(made)) {
    if (packed.length < content.length * 0.95) writeFileSync(`${path}.${ending}`, packed);
  }
}
