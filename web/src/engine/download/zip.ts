/**
 * A zip of stored entries, written as a stream whose exact length is known before its first byte.
 *
 * APPNOTE 6.3.10 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT): names are UTF-8 with the EFS bit (general
 * purpose bit 11); CRC and sizes follow each entry in a data descriptor (bit 3), because the CRC is known only then; zip64
 * fields (4.5.3) stand where a size, an offset or the count of entries needs them, and only there.
 */

import type { StreamHash } from "../crypto/crypto";
import { type Bytes, joined, utf8 } from "../format/bytes";

const FLAGS = 0x0808;
const PLAIN_VERSION = 20;
const ZIP64_VERSION = 45;
const MADE_BY_UNIX = 3 << 8;
const REGULAR_FILE = 0o100644 * 0x10000;
const LIMIT_32 = 0xffffffff;
const LIMIT_16 = 0xffff;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const LOCAL_EXTRA = 20;
const DIRECTORY_PIECE = 1 << 20;

/** What is known of an entry beforehand. `name`: a safe relative path in NFC. `modified` in ms since the epoch. */
export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly modified: number;
}

/** An entry with its bytes: exactly `size` of them. */
export interface ZipContent extends ZipEntry {
  content(): AsyncIterable<Bytes>;
}

/** The length in bytes of the zip of these entries. */
export function zipLength(entries: readonly ZipEntry[]): number {
  let offset = 0;
  let directory = 0;
  for (const entry of entries) {
    const name = utf8(entry.name).length;
    directory += CENTRAL_BYTES + name + centralExtra(entry.size, offset).length;
    offset +=
      LOCAL_BYTES + name + (isLarge(entry.size) ? LOCAL_EXTRA : 0) + entry.size + (isLarge(entry.size) ? 24 : 16);
  }
  return offset + directory + ending(entries.length, directory, offset).length;
}

/** The zip itself. Throws what an entry's content throws, and RangeError where it is not `size` bytes. */
export async function* zipStream(
  entries: readonly ZipContent[],
  crc32: () => Promise<StreamHash>,
): AsyncGenerator<Bytes> {
  const written: { entry: ZipEntry; crc: number; offset: number }[] = [];
  let offset = 0;
  for (const entry of entries) {
    const begin = localHeader(entry);
    // Whoever takes a piece may hand its buffer on to another thread: its length is 0 here afterwards.
    const beginLength = begin.length;
    yield begin;
    const hash = await crc32();
    let size = 0;
    for await (const piece of entry.content()) {
      size += piece.length;
      if (size > entry.size) break;
      yield await hash.update(piece);
    }
    if (size !== entry.size) throw new RangeError("An entry of a zip has another size than it was said to have.");
    const crc = Number.parseInt(await hash.hex(), 16);
    const end = descriptor(crc, entry.size);
    written.push({ entry, crc, offset });
    offset += beginLength + size + end.length;
    yield end;
  }
  yield* directory(written, offset);
}

function* directory(
  written: readonly { entry: ZipEntry; crc: number; offset: number }[],
  start: number,
): Generator<Bytes> {
  let pieces: Bytes[] = [];
  let [held, length] = [0, 0];
  for (const { entry, crc, offset } of written) {
    const header = centralHeader(entry, crc, offset);
    pieces.push(header);
    held += header.length;
    length += header.length;
    if (held >= DIRECTORY_PIECE) {
      yield joined(...pieces);
      pieces = [];
      held = 0;
    }
  }
  yield joined(...pieces, ending(written.length, length, start));
}

/** Sizes of a large entry stand in its zip64 field, so that readers expect a descriptor of 8-byte sizes. */
function localHeader({ name, size, modified }: ZipEntry): Bytes {
  const bytes = utf8(name);
  const large = isLarge(size);
  const fields = new Fields(LOCAL_BYTES + bytes.length + (large ? LOCAL_EXTRA : 0));
  fields
    .u32(0x04034b50)
    .u16(large ? ZIP64_VERSION : PLAIN_VERSION)
    .u16(FLAGS)
    .u16(0)
    .u32(dosTime(modified))
    .u32(0);
  fields
    .u32(large ? LIMIT_32 : 0)
    .u32(large ? LIMIT_32 : 0)
    .u16(bytes.length)
    .u16(large ? LOCAL_EXTRA : 0)
    .put(bytes);
  if (large) fields.u16(1).u16(16).u64(size).u64(size);
  return fields.bytes;
}

function descriptor(crc: number, size: number): Bytes {
  const large = isLarge(size);
  const fields = new Fields(large ? 24 : 16).u32(0x08074b50).u32(crc);
  return large ? fields.u64(size).u64(size).bytes : fields.u32(size).u32(size).bytes;
}

function centralHeader({ name, size, modified }: ZipEntry, crc: number, offset: number): Bytes {
  const bytes = utf8(name);
  const extra = centralExtra(size, offset);
  const version = extra.length > 0 ? ZIP64_VERSION : PLAIN_VERSION;
  const fields = new Fields(CENTRAL_BYTES + bytes.length + extra.length);
  fields
    .u32(0x02014b50)
    .u16(MADE_BY_UNIX | version)
    .u16(version)
    .u16(FLAGS)
    .u16(0)
    .u32(dosTime(modified))
    .u32(crc);
  fields.u32(capped(size)).u32(capped(size)).u16(bytes.length).u16(extra.length).u16(0).u16(0).u16(0);
  return fields.u32(REGULAR_FILE).u32(capped(offset)).put(bytes).put(extra).bytes;
}

function centralExtra(size: number, offset: number): Bytes {
  const values = [...(isLarge(size) ? [size, size] : []), ...(isLarge(offset) ? [offset] : [])];
  if (values.length === 0) return new Uint8Array(0);
  const fields = new Fields(4 + 8 * values.length).u16(1).u16(8 * values.length);
  for (const value of values) fields.u64(value);
  return fields.bytes;
}

function ending(count: number, length: number, start: number): Bytes {
  const large = count >= LIMIT_16 || isLarge(length) || isLarge(start);
  const fields = new Fields(22 + (large ? 76 : 0));
  if (large) {
    fields
      .u32(0x06064b50)
      .u64(44)
      .u16(MADE_BY_UNIX | ZIP64_VERSION)
      .u16(ZIP64_VERSION)
      .u32(0)
      .u32(0);
    fields.u64(count).u64(count).u64(length).u64(start);
    fields
      .u32(0x07064b50)
      .u32(0)
      .u64(start + length)
      .u32(1);
  }
  const shown = Math.min(count, LIMIT_16);
  fields.u32(0x06054b50).u16(0).u16(0).u16(shown).u16(shown).u32(capped(length)).u32(capped(start)).u16(0);
  return fields.bytes;
}

/** MS-DOS date and time, in UTC: a zip has no field for a zone. Years before 1980 can't be written. */
function dosTime(modified: number): number {
  const at = new Date(Math.max(modified, Date.UTC(1980, 0, 1)));
  const date = ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return date * 0x10000 + time;
}

function isLarge(value: number): boolean {
  return value >= LIMIT_32;
}

function capped(value: number): number {
  return Math.min(value, LIMIT_32);
}

/** Fields one after another, little endian. */
class Fields {
  readonly bytes: Bytes;
  readonly #view: DataView;
  #at = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(value: number): this {
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
    return this;
  }

  u64(value: number): this {
    this.#view.setBigUint64(this.#at, BigInt(value), true);
    this.#at += 8;
    return this;
  }

  put(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }
}
