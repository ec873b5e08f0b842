/**
 * The engine under node, for stories over TCP: reads one JSON object of what to do from its first argument, prints JSON
 * lines of what happens, and ends with `{"failed": code}` and exit code 1 where it fails.
 */

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fetchHttp } from "../../src/edges/fetch_http";
import { systemWorld } from "../../src/edges/system";
import {
  Api,
  askCode,
  type Bytes,
  Download,
  digitsOf,
  Failure,
  forget,
  type Json,
  type Link,
  look,
  parseFragment,
  prove,
  recordText,
  Session,
  safePath,
  type Transfer,
  TransferCalls,
  type TransferClass,
  Upload,
} from "../../src/engine";
import { directCrypto } from "../../src/engine/crypto/direct";
import { zipLength, zipStream } from "../../src/engine/download/zip";
import { diskFile, diskJournals, diskSink, writeSparse } from "./files";

interface Task {
  readonly what: "upload" | "download" | "zip" | "challenge" | "entries" | "record";
  readonly url: string;
  readonly token?: string;
  readonly link?: string;
  readonly challenge?: string;
  readonly code?: string;
  readonly address?: string;
  readonly class?: TransferClass;
  readonly files?: readonly (readonly [path: string, name: string])[];
  readonly fields?: Json;
  readonly passphrase?: string;
  readonly journals?: string;
  readonly transfer?: string;
  readonly key?: string;
  readonly into?: string;
  /** Entries of a made-up zip: `count` of `size` zero bytes each, `#` in the name being the number. */
  readonly entries?: readonly { readonly name: string; readonly count: number; readonly size: number }[];
}

const crypto = directCrypto();

function tell(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function bareApi(task: Task): Api {
  return new Api(systemWorld(fetchHttp()), { origin: task.url, language: "en" });
}

/** The token of a plain transfer's link stands in its path, every other behind its #. */
function linkOf(task: Task): Link {
  const { hash, pathname } = new URL(task.link ?? "");
  return parseFragment(hash || pathname.replace(/^\/p\//, ""));
}

/** A member by token, or a guest by link: with the transfer or request that the link leads to, and its key. */
async function signedIn(task: Task): Promise<{ api: Api; subject: string; key: string | null }> {
  const bare = bareApi(task);
  if (task.token !== undefined) {
    const tokens = { access_token: task.token, expires_in: 3600 };
    const session = new Session(bare.world.clock, { tokens, renewal: { by: "nothing" } });
    return { api: bare.withSession(session), subject: task.transfer ?? "", key: task.key ?? null };
  }
  const link = linkOf(task);
  const seen = await look(bare, link);
  const guest = await prove(bare, link, proofOf(task, seen));
  return { api: guest.api, subject: guest.subject, key: link.key ?? task.key ?? null };
}

function proofOf(task: Task, seen: Awaited<ReturnType<typeof look>>): Parameters<typeof prove>[2] {
  if (seen.proof === "code") return { kind: "code", challenge: task.challenge ?? "", code: digitsOf(task.code ?? "") };
  if (seen.proof === "link") return { kind: "link" };
  return { kind: "passphrase", passphrase: task.passphrase ?? "", look: seen, argon2id: crypto.argon2id };
}

async function upload(task: Task): Promise<void> {
  const { api } = await signedIn(task);
  const sources = await Promise.all((task.files ?? []).map(([path, name]) => diskFile(path, name)));
  const options = {
    class: task.class ?? "managed",
    fields: task.fields ?? {},
    ...(task.passphrase !== undefined && { passphrase: task.passphrase }),
  };
  const run = new Upload({ api, crypto, journals: diskJournals(task.journals ?? "") }, sources, options);
  const sent = await run.run();
  tell({ ...sent, progress: run.progress });
}

async function download(task: Task): Promise<void> {
  const { api, subject, key } = await signedIn(task);
  const transfer = (await new TransferCalls(api, subject).show()) as Transfer;
  const keys = { linkKey: key, passphrase: task.passphrase ?? null };
  const run = await Download.open({ api, crypto }, transfer, { keys });
  if (task.what === "zip") return zip(run, task.into ?? "");
  const files = [];
  for (const file of run.files) {
    const path = join(task.into ?? "", (await safePath(file.record.name)).join("_"));
    files.push({ ...(await run.fetch(file, await diskSink(path))), path, name: file.record.name });
  }
  tell({ files, progress: run.progress });
}

async function zip(run: Download, path: string): Promise<void> {
  const { length, content } = await run.zip(Date.UTC(2026, 0, 31, 12, 30, 10));
  const out = createWriteStream(path);
  for await (const piece of content) if (!out.write(piece)) await once(out, "drain");
  out.end();
  await once(out, "close");
  tell({ length, progress: run.progress });
}

/** A zip without a server: many entries, or such large ones that the disk holds them only as holes. */
async function entries(task: Task): Promise<void> {
  const made = (task.entries ?? []).flatMap(({ name, count, size }) =>
    Array.from({ length: count }, (_, at) => ({
      name: name.replace("#", String(at)),
      size,
      modified: Date.UTC(2026, 0, 31, 12, 30, 10),
      content: () => zeros(size),
    })),
  );
  const length = await writeSparse(
    task.into ?? "",
    zipStream(made, () => crypto.hash("crc32")),
  );
  tell({ length, expected: zipLength(made) });
}

async function* zeros(size: number): AsyncGenerator<Bytes> {
  const piece = new Uint8Array(Math.min(size, 8 * 2 ** 20));
  for (let left = size; left > 0; left -= piece.length) yield piece.slice(0, Math.min(left, piece.length));
}

/** What was begun, as a file for another program; this one lets go of it. */
async function record(task: Task): Promise<void> {
  const journals = diskJournals(task.journals ?? "");
  const [name] = await journals.names();
  await writeFile(task.into ?? "", await recordText(journals, name ?? ""));
  await forget(journals, name ?? "");
  tell({ name });
}

async function challenge(task: Task): Promise<void> {
  tell(await askCode(bareApi(task), linkOf(task), task.address));
}

const task = JSON.parse(process.argv[2] ?? "{}") as Task;
const work = { upload, download, zip: download, challenge, entries, record }[task.what];
work(task).catch((error: unknown) => {
  if (error instanceof Failure) tell({ failed: error.code, detail: error.message });
  else tell({ failed: "unexpected", detail: String(error instanceof Error ? error.stack : error) });
  process.exitCode = 1;
});
