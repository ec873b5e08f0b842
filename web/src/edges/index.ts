/** The edges as a browser's window has them: what the page gives to the engine. */

export { type BrowserJournals, browserJournals } from "./browser_journals";
export { browserHttp, browserWorld } from "./browser_world";
export { chosenFile } from "./chosen_file";
export { cryptoWorkers } from "./crypto_workers";
export { forgetFiles, type KeptFile, keepFiles, keptState, restoreFiles } from "./kept_files";
export { clickLink, MEMORY_LIMIT, memoryDownload } from "./saving/memory_download";
export { canPick, fileSink, PickedFolder, pickFile, pickFolder } from "./saving/picked";
export {
  type Capabilities,
  capabilities,
  type SaveKind,
  type SaveReason,
  type SaveWay,
  saveWay,
  type ToSave,
} from "./saving/save_way";
export { readyWorker, workerDownload } from "./saving/worker_download";
export { keepAwake } from "./wake_lock";
