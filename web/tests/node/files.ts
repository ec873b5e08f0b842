/** Files as edges under node: what to send, resume records, and where fetched files go. */

import { type FileHandle, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { basename, dirname, join } from "node:path";
import {
  type Bytes,
  Failure,
  type FileSink,
  type FileSource,
  type JournalFile,
  type JournalStore,
} from "../../src/engine";

const HOLE = 1 << 20;

/** A file on the disk; what changed since it was chosen can't be read any more. */
export async function diskFile(path: string, name = basename(path)): Promise<FileSource> {
  const chosen = await stat(path);
  return {
    name,
    size: chosen.size,
    mediaType: "application/octet-stream",
    piece: async (start, end) => {
      const handle = await open(path, "r");
      try {
        const bytes = new Uint8Array(end - start);
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
        const now = await handle.stat();
        if (now.size !== chosen.size || now.mtimeMs !== chosen.mtimeMs || bytesRead < bytes.length) {
          throw new Failure("file_unreadable");
        }
        return bytes;
      } finally {
        await handle.close();
      }
    },
  };
}

/** JSON lines with an fsync each. The lock is a socket with a name, which dies with the process that holds it. */
export function diskJournals(folder: string): JournalStore {
  return {
    names: async () =>
      (await readdir(folder)).filter((name) => name.endsWith(".jsonl")).map((name) => name.slice(0, -6)),
    open: async (name) => {
      const path = join(folder, `${name}.jsonl`);
      const lock = await locked(path);
      return journalFile(path, await open(path, "a+"), lock);
    },
  };
}

async function journalFile(path: string, handle: FileHandle, lock: Server): Promise<JournalFile> {
  const content = await readFile(path, "utf8");
  const whole = content.slice(0, content.lastIndexOf("\n") + 1);
  // A line cut short by a crash was never followed by a byte on the wire.
  await handle.truncate(Buffer.byteLength(whole));
  const close = async (): Promise<void> => {
    await handle.close();
    await new Promise((resolve) => lock.close(resolve));
  };
  return {
    entries: whole
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as unknown),
    append: async (entries) => {
      await handle.appendFile(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
      await handle.sync();
    },
    close,
    remove: async () => {
      await rm(path);
      await close();
    },
  };
}

function locked(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", () => reject(new Failure("upload_running")));
    server.listen(`\0fumibako-test-${path}`.slice(0, 107), () => {
      server.unref();
      resolve(server);
    });
  });
}

/** A file that gets its name when it is whole; before that it is `.<name>.part` beside it. */
export async function diskSink(path: string): Promise<FileSink> {
  const part = join(dirname(path), `.${basename(path)}.part`);
  const handle = await open(part, "a+");
  await handle.close();
  const file = await open(part, "r+");
  const { size } = await file.stat();
  let at = 0;
  return {
    held: {
      size,
      read: async (start, end) => {
        const bytes = new Uint8Array(end - start);
        await file.read(bytes, 0, bytes.length, start);
        return bytes;
      },
    },
    begin: async (offset) => {
      await file.truncate(offset);
      at = offset;
    },
    write: async (bytes: Bytes) => {
      await file.write(bytes, 0, bytes.length, at);
      at += bytes.length;
    },
    finish: async () => {
      await file.close();
      await rename(part, path);
    },
    discard: async () => {
      await file.close();
      await rm(part);
    },
    keep: () => file.close(),
  };
}

/** Writes a stream; pieces of zeros become holes. Gives the length. */
export async function writeSparse(path: string, content: AsyncIterable<Bytes>): Promise<number> {
  const handle = await open(path, "w");
  let at = 0;
  let waiting: Bytes[] = [];
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(waiting);
    waiting = [];
    await handle.write(bytes, 0, bytes.length, at);
    at += bytes.length;
  };
  for await (const piece of content) {
    if (piece.length >= HOLE && isZero(piece)) {
      await flush();
      at += piece.length;
    } else if (waiting.push(piece) > 1000) await flush();
  }
  await flush();
  await handle.truncate(at);
  await handle.close();
  return at;
}

const ZEROS = Buffer.alloc(8 * 2 ** 20);

function isZero(piece: Bytes): boolean {
  return piece.length <= ZEROS.length && ZEROS.compare(piece, 0, piece.length, 0, piece.length) === 0;
}
