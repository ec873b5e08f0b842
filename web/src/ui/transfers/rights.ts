/** What somebody may do with a transfer on the screen. The server judges by itself; this only spares refused clicks. */

import { isOver } from "./shown_state";
import type { Transfer } from "./wire";

export interface Rights {
  /** Sent it, or asked for it. */
  readonly owner: boolean;
  /** Sees recipients, hold and limits: the owner, auditors, admins. */
  readonly inside: boolean;
  /** It came to this member: by a request of theirs, or addressed to them. */
  readonly received: boolean;
  /** May see the names of the files. */
  readonly files: boolean;
  /** May fetch the files now. */
  readonly fetch: boolean;
  /** May recall it: the owner, and an admin where its sender is away. */
  readonly recall: boolean;
}

/** Who looks. `asker`: the member who made the file request, where it is one and that is known. */
export interface Viewer {
  readonly id: string;
  readonly auditor: boolean;
  readonly admin: boolean;
  readonly asker: string | null;
}

/** Only a transfer's own people and overseers are told its version; of what a guest sent, `sender` is that guest. */
export function rightsOf(transfer: Transfer, viewer: Viewer): Rights {
  const inside = transfer.version !== undefined;
  const oversees = viewer.auditor || viewer.admin;
  const asked = transfer.request !== undefined;
  const owner = inside && (!oversees || (asked ? viewer.asker : transfer.sender.id) === viewer.id);
  const received = !inside || (asked && owner);
  return {
    owner,
    inside,
    received,
    files: owner || !inside,
    fetch: received && transfer.state === "ready",
    recall: (owner || (inside && viewer.admin)) && !isOver(transfer),
  };
}
