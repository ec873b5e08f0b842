/** Giving up an upload that was begun: the server is told, and the record on this computer goes. */

import { type Api, forget, isFailure, Refused, unfinished, type WatchableJournals } from "../../engine";
import { failure } from "../../engine/failures";
import { recallTransfer } from "../transfers/calls";

/** Rejects where the server can't be reached, and with Failure("upload_running") where another tab sends it; then nothing is forgotten. */
export async function recall(api: Api, store: WatchableJournals, journal: string): Promise<void> {
  const found = (await unfinished(store)).find((one) => one.journal === journal);
  if (found === undefined) return;
  if (found.held) throw failure("upload_running");
  if (found.transfer !== null) {
    try {
      await recallTransfer(api, found.transfer);
    } catch (error) {
      // It is over there already.
      const over = error instanceof Refused && [404, 409, 410].includes(error.status);
      if (!over && !isFailure(error, "gone")) throw error;
    }
  }
  await forget(store, journal);
}
