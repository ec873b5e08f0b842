/** The engine as the page uses it. It knows no DOM; what it needs from the world stands in edges.ts. */

export type { Json } from "./api/answers";
export { Api, type CallOptions } from "./api/api";
export {
  askCode,
  askMoreTime,
  askToBeAdded,
  comeBack,
  digitsOf,
  type Guest,
  type GuestProof,
  type Link,
  look,
  type ProofOptions,
  parseFragment,
  partnerSignIn,
  prove,
} from "./api/links";
export { type Renewal, Session, type SessionGiven, type Tokens } from "./api/session";
export { TransferCalls } from "./api/transfers";
export type * from "./api/types";
export type { Crypto, StreamHash } from "./crypto/crypto";
export { CryptoPool } from "./crypto/pool";
export { Download, type Fetched, type ZipDownload } from "./download/download";
export type { Keys, RemoteFile } from "./download/remote_files";
export * from "./edges";
export { Failure, FormatError, isFailure, Refused } from "./failures";
export { checkName, displayName } from "./format/names";
export { safePath } from "./format/safe_paths";
export type { Held, Wait } from "./patience";
export type { Phase, ProgressState } from "./progress";
export type { Sent, UploadEdges, UploadOptions } from "./upload/asked";
export { journalName } from "./upload/chosen";
export type { LivePart } from "./upload/liveness";
export { recordText } from "./upload/record_text";
export { forget, type Unfinished, unfinished, watchUnfinished } from "./upload/unfinished";
export { Upload } from "./upload/upload";
