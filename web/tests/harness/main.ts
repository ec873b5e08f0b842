/** The engine in a page without screens: a test or a figure calls what it needs by `harness`. */

import {
  browserJournals,
  browserWorld,
  capabilities,
  chosenFile,
  cryptoWorkers,
  fileSink,
  keepFiles,
  keptState,
  memoryDownload,
  PickedFolder,
  restoreFiles,
  saveWay,
  workerDownload,
} from "../../src/edges";
import {
  Api,
  Download,
  Failure,
  type FileSink,
  type Json,
  look,
  parseFragment,
  prove,
  Session,
  TransferCalls,
  type TransferClass,
  Upload,
  unfinished,
} from "../../src/engine";

const world = browserWorld();
const crypto = cryptoWorkers();
const journals = browserJournals();
const bare = new Api(world, { origin: location.origin, language: "en" });
let upload: Upload | null = null;
let download: Download | null = null;

/** `token`: a personal one; without it the page's own sign-in. */
interface Sending {
  readonly token?: string;
  readonly class: TransferClass;
  readonly fields: Json;
  readonly journal?: string;
}

type SinkKind = "opfs" | "folder" | "worker" | "memory" | "nothing";

/** By a guest's link, or one's own transfer by its id. */
interface Fetching {
  readonly link?: string;
  readonly transfer?: string;
  readonly sink: SinkKind;
  readonly zip?: boolean;
}

function member(token: string): Api {
  const session = new Session(world.clock, {
    tokens: { access_token: token, expires_in: 3600 },
    renewal: { by: "nothing" },
  });
  return bare.withSession(session);
}

/** A page's own sign-in, renewed by its cookie. */
function cookie(): Api {
  return bare.withSession(new Session(world.clock, { renewal: { by: "cookie" } }));
}

async function send(how: Sending): Promise<unknown> {
  const chosen = document.querySelector<HTMLInputElement>("#files")?.files ?? [];
  const sources = [...chosen].map((file) => chosenFile(file));
  const { class: transferClass, fields, journal } = how;
  const options = { class: transferClass, fields, ...(journal !== undefined && { journal }) };
  upload = new Upload(
    { api: how.token === undefined ? cookie() : member(how.token), crypto, journals },
    sources,
    options,
  );
  return upload.run();
}

interface Reader {
  readonly api: Api;
  readonly subject: string;
  readonly key: string | null;
}

async function own(subject: string): Promise<Reader> {
  return { api: cookie(), subject, key: null };
}

async function guest(address: string): Promise<Reader> {
  const link = parseFragment(new URL(address).hash);
  const seen = await look(bare, link);
  if (seen.proof !== "link") throw new Error("the harness proves by link alone");
  return { ...(await prove(bare, link, { kind: "link" })), key: link.key };
}

async function receive(how: Fetching): Promise<unknown> {
  const { api, subject, key } = how.transfer === undefined ? await guest(how.link ?? "") : await own(how.transfer);
  const transfer = await new TransferCalls(api, subject).show();
  download = await Download.open({ api, crypto }, transfer, { keys: { linkKey: key } });
  if (how.zip === true) return receiveZip(download, how.sink);
  const files = [];
  for (const file of download.files) {
    files.push(await download.fetch(file, await sinkOf(how.sink, file.record.name, file.record.size)));
  }
  return { files };
}

async function receiveZip(run: Download, kind: SinkKind): Promise<unknown> {
  const { length, content } = await run.zip(Date.UTC(2026, 0, 31));
  const sink = await sinkOf(kind, "all.zip", length);
  await sink.begin(0);
  for await (const piece of content) await sink.write(piece);
  await sink.finish();
  return { length };
}

async function sinkOf(kind: SinkKind, name: string, size: number): Promise<FileSink> {
  const root = await navigator.storage.getDirectory();
  if (kind === "opfs") return fileSink(await root.getFileHandle(name, { create: true }));
  if (kind === "folder") return new PickedFolder(root).sink([name]);
  if (kind === "worker") return workerDownload(name, size);
  if (kind === "memory") return memoryDownload(name);
  const none = async (): Promise<void> => undefined;
  return { begin: none, write: none, finish: none, discard: none, keep: none };
}

/** The same bytes without any of the engine: one PUT of the chosen file. */
async function put(url: string): Promise<number> {
  const body = document.querySelector<HTMLInputElement>("#files")?.files?.[0];
  if (body === undefined) throw new Error("no file was chosen");
  return (await fetch(url, { method: "PUT", body })).status;
}

/** The same bytes without any of the engine: one GET, piped to a file as the browser likes best. */
async function get(url: string, name: string): Promise<number> {
  const root = await navigator.storage.getDirectory();
  const target = await (await root.getFileHandle(name, { create: true })).createWritable();
  const answer = await fetch(url, { cache: "no-store" });
  await answer.body?.pipeTo(target);
  return answer.status;
}

/** Signs in as the page does: the cookie stays with the browser. */
async function signIn(email: string, password: string): Promise<number> {
  const body = JSON.stringify({ email, password, client: "page" });
  const answer = await fetch("/auth/v1/login", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  return answer.status;
}

/** The names and SHA-256s of what lies in the origin's own folder. */
async function stored(): Promise<Record<string, { size: number; sha256: string }>> {
  const root = await navigator.storage.getDirectory();
  const found: Record<string, { size: number; sha256: string }> = {};
  for await (const [name, handle] of root.entries()) {
    const file = await (handle as FileSystemFileHandle).getFile();
    const hash = await crypto.hash("sha256");
    for (let at = 0; at < file.size; at += 8 << 20) {
      await hash.update(new Uint8Array(await file.slice(at, at + (8 << 20)).arrayBuffer()));
    }
    found[name] = { size: file.size, sha256: await hash.hex() };
  }
  return found;
}

/** Keeps a file of the origin's own folder as if it had been picked, under the record "kept". */
async function keep(text: string): Promise<void> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("picked", { create: true });
  const handle = await folder.getFileHandle("letter.txt", { create: true });
  const writable = await handle.createWritable();
  await writable.write(text);
  await writable.close();
  await keepFiles("kept", [
    { name: "picked/letter.txt", root: folder, path: ["letter.txt"] },
    { name: "letter.txt", root: handle, path: [] },
  ]);
}

async function restored(): Promise<unknown> {
  const sources = await restoreFiles("kept");
  const texts = sources.map(async ({ name, size, piece }) => [name, await ((await piece(0, size)) as Blob).text()]);
  return Promise.all(texts);
}

async function forget(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  for await (const name of root.keys()) await root.removeEntry(name);
}

/** The code of a failure in place of its throw, so that a test sees it. */
async function coded(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { failed: error.code, detail: error.message };
  }
}

Object.assign(globalThis, {
  harness: {
    signIn,
    put,
    get,
    send: (how: Sending) => coded(send(how)),
    receive: (how: Fetching) => coded(receive(how)),
    /** Those that can be taken up. */
    unfinished: async () => (await unfinished(journals)).filter(({ held }) => !held),
    /** Of the last one begun. */
    progress: () => (download ?? upload)?.progress ?? null,
    stop: () => (download ?? upload)?.stop(),
    pause: () => (download ?? upload)?.pause(),
    go: () => (download ?? upload)?.go(),
    keep,
    kept: () => keptState("kept"),
    restored: () => coded(restored()),
    saveWay: async (what: Parameters<typeof saveWay>[0]) => saveWay(what, await capabilities()),
    stored,
    forget,
    journals,
  },
});
