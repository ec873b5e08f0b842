/** The ways into a transfer: a passphrase where one was chosen, else the key in the link of a sealed one. */

import type { TransferClass } from "../api/types";
import type { Random } from "../edges";
import { failure } from "../failures";
import { encode } from "../format/base64url";
import { type Argon2id, linkSlot, passphraseSlot } from "../format/slots";
import type { CreatedUpload } from "./created";
import type { Ways } from "./journal";

export async function waysIn(
  { id, transferKey }: CreatedUpload,
  chosen: { class: TransferClass | undefined; passphrase: string | undefined },
  by: { random: Random; argon2id: Argon2id },
): Promise<Ways> {
  const none: Ways = { k: "ways", slots: [], link_key: null, passphrase_auth: null };
  if (chosen.passphrase !== undefined) {
    // Plain files have no key to wrap: the passphrase is then proof alone, and there is no such proof for them.
    if (transferKey === null) throw failure("key_missing");
    const { slot, auth } = await passphraseSlot(transferKey, id, chosen.passphrase, by);
    return { ...none, slots: [slot], passphrase_auth: encode(auth) };
  }
  if (chosen.class !== "sealed" || transferKey === null) return none;
  const { slot, linkKey } = await linkSlot(transferKey, id, by.random);
  return { ...none, slots: [slot], link_key: encode(linkKey) };
}
