/** What the server made of the files that are to be sent: asked for once, and known again after a crash. */

import type { Api } from "../api/api";
import { createTransfer, TransferCalls } from "../api/transfers";
import type { PartUrl, ServerFile, TransferClass } from "../api/types";
import type { Crypto } from "../crypto/crypto";
import type { FileSource, Random } from "../edges";
import { failure } from "../failures";
import { decode } from "../format/base64url";
import type { Bytes } from "../format/bytes";
import { associatedData, fileKey } from "../format/keys";
import { askedPartSize } from "../format/parts";
import { type Header, newHeader } from "../format/segments";
import { ciphertextSize } from "../format/sizes";
import { packBlob, plainBlob, type SealedFile, type SendBlob, sealedBlob } from "./blobs";
import type { Journal } from "./journal";

const FILES_A_CALL = 500;
const PACKED_BELOW = 1 << 20;

/** The server's side of an upload: its id, its files in the order of the sources, and addresses that came along. */
export interface CreatedUpload {
  readonly id: string;
  readonly transferKey: Bytes | null;
  readonly files: readonly ServerFile[];
  readonly given: readonly PartUrl[];
}

export interface Asking {
  readonly api: Api;
  readonly journal: Journal;
  readonly sources: readonly FileSource[];
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Bytes a second of an earlier upload, where known. */
  readonly rate: number | undefined;
}

/** Asks for what is not there yet: the transfer, then 500 files a call. Every answer is kept before it is used. */
export async function createOrKnow(asking: Asking): Promise<CreatedUpload> {
  const { api, journal, sources } = asking;
  const { start } = journal;
  if (start === null) throw failure("upload_unknown");
  const given: PartUrl[] = [];
  if (journal.created.length === 0) {
    const more = sources.length > FILES_A_CALL ? { more_files: true } : {};
    const body = { ...start.fields, class: start.class, files: wanted(asking, start.class, 0), ...more };
    given.push(...(await keep(asking, await createTransfer(api, body, start.key, asking.signal))));
  }
  const id = journal.created[0]?.id ?? "";
  const calls = new TransferCalls(api, id, asking.signal);
  for (let at = countOf(journal); at < sources.length; at = countOf(journal)) {
    const body = { files: wanted(asking, start.class, at), more_files: at + FILES_A_CALL < sources.length };
    given.push(...(await keep(asking, await calls.addFiles(body, `${start.key}-${at}`))));
  }
  const key = journal.created[0]?.transfer_key ?? start.transfer_key;
  const files = journal.created.flatMap((answer) => answer.files);
  return { id, transferKey: key === null ? null : decode(key), files, given };
}

/** File id -> what seals it; empty for plain. */
export async function sealedFiles(created: CreatedUpload, asking: Asking): Promise<Map<string, SealedFile>> {
  const { transferKey, id } = created;
  if (asking.journal.start?.class === "plain") return new Map();
  if (transferKey === null) throw failure("server_wrong", "no transfer key");
  const made = created.files.map(async (entry, at): Promise<[string, SealedFile]> => {
    const [source, header] = [asking.sources[at], asking.journal.headers.get(entry.id)];
    if (source === undefined || header === undefined || entry.length !== ciphertextSize(source.size)) {
      throw failure("server_wrong", "another plan of files");
    }
    const key = await fileKey(transferKey, entry.id);
    const cipher = { key, aad: associatedData(id, entry.id), header, size: source.size };
    return [entry.id, { entry, source, cipher }];
  });
  return new Map(await Promise.all(made));
}

/** Blob id -> blob, in the order of the files. */
export function blobsOf(
  created: CreatedUpload,
  sealed: ReadonlyMap<string, SealedFile>,
  asking: Asking,
  crypto: Crypto,
): Map<string, SendBlob> {
  const blobs = new Map<string, SendBlob>();
  const packs = new Map<string, SealedFile[]>();
  for (const [at, entry] of created.files.entries()) {
    const [file, source] = [sealed.get(entry.id), asking.sources[at]];
    if (source === undefined) throw failure("server_wrong", "another plan of files");
    if (file === undefined) blobs.set(entry.blob, plainBlob(crypto, entry, source));
    else if (entry.packed) membersOf(packs, entry.blob).push(file);
    else blobs.set(entry.blob, sealedBlob(crypto, file));
  }
  for (const [id, members] of packs) blobs.set(id, packBlob(crypto, id, members));
  return blobs;
}

function membersOf(packs: Map<string, SealedFile[]>, blob: string): SealedFile[] {
  const members = packs.get(blob) ?? [];
  packs.set(blob, members);
  return members;
}

function countOf(journal: Journal): number {
  return journal.created.reduce((sum, answer) => sum + answer.files.length, 0);
}

function wanted({ sources, rate }: Asking, transferClass: TransferClass, at: number): Record<string, unknown>[] {
  return sources.slice(at, at + FILES_A_CALL).map(({ name, mediaType, size }) => {
    const part = size < PACKED_BELOW ? {} : { part_size: askedPartSize(ciphertextSize(size), rate) };
    // The server of a sealed transfer learns neither name nor type: both stand in the record alone.
    return transferClass === "sealed" ? { size, ...part } : { size, name, media_type: mediaType, ...part };
  });
}

async function keep(asking: Asking, answer: Awaited<ReturnType<typeof createTransfer>>): Promise<readonly PartUrl[]> {
  const { journal, random } = asking;
  const headers = new Map<string, Header>();
  if (journal.start?.class !== "plain") for (const file of answer.files) headers.set(file.id, newHeader(random));
  if (answer.files.length === 0) throw failure("server_wrong", "no files");
  await journal.keepCreated(answer, headers);
  return answer.uploads;
}
