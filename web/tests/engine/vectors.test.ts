import { describe, expect, it } from "vitest";
import { checkName, displayName, type FormatError, safePath } from "../../src/engine";
import { argon2idBytes } from "../../src/engine/crypto/slow_hashes";
import { decode, encode } from "../../src/engine/format/base64url";
import { hex, utf8 } from "../../src/engine/format/bytes";
import { fileDigest } from "../../src/engine/format/digest";
import { decodeId, encodeId, isId } from "../../src/engine/format/ids";
import { associatedData, fileKey, hkdf, recordKey } from "../../src/engine/format/keys";
import { planPacks } from "../../src/engine/format/packs";
import { partCount, partRange, planParts } from "../../src/engine/format/parts";
import { openRecord, sealRecord } from "../../src/engine/format/record";
import { safePaths } from "../../src/engine/format/safe_paths";
import {
  linkSlot,
  openLinkSlot,
  openPassphraseSlot,
  passphraseAuth,
  passphraseSlot,
} from "../../src/engine/format/slots";
import { drawn, hashOf, names, plaintextIn, refused, subjects, unhex, type Vector, vector } from "../support/vectors";
import { assembled, ciphertextIn, openedWhole, sealedWhole } from "../support/whole_file";

type Check = (found: Vector) => Promise<void>;

const CHECKS: Record<string, Check> = {
  file: async (found) => {
    const { key, aad } = { key: unhex(found["key"]), aad: utf8(found["aad"]) };
    const opened: Uint8Array[] = [];
    if ("error" in found) {
      const base = vector("file", found["base"]);
      const given = await assembled(found["pieces"], base);
      await refused(found, () => openedWhole({ key, aad, planned: found["planned_size"] }, given, opened as never));
      // Whatever came out before the error is true, and never the whole.
      const plaintext = await plaintextIn(base["plaintext"]);
      const before = Buffer.concat(opened);
      expect(before.equals(plaintext.slice(0, before.length))).toBe(true);
      expect(before.length).toBeLessThan(Math.max(1, plaintext.length));
      return;
    }
    const plaintext = await plaintextIn(found["plaintext"]);
    const { sealed, digests } = await sealedWhole(plaintext, key, aad, unhex(found["header"]));
    expect(sealed.length).toBe(found["ciphertext"].size);
    expect(await hashOf(sealed)).toBe(found["ciphertext"].sha256 ?? (await hashOf(unhex(found["ciphertext"].hex))));
    expect(hex(await fileDigest(digests))).toBe(found["digest"]);
    await openedWhole({ key, aad, planned: sealed.length }, await ciphertextIn(found), opened as never);
    expect(Buffer.concat(opened).equals(plaintext)).toBe(true);
  },
  key_derivation: async (found) => {
    const transferKey = unhex(found["transfer_key"]);
    if ("error" in found) {
      await refused(found, () => fileKey(transferKey, found["file_id"]));
      return;
    }
    const key = await fileKey(transferKey, found["file_id"]);
    const aad = associatedData(found["transfer_id"], found["file_id"]);
    expect(hex(key)).toBe(found["file_key"]);
    expect(hex(await recordKey(key, found["file_id"]))).toBe(found["record_key"]);
    expect(Buffer.from(aad).toString()).toBe(found["associated_data"]);
    expect(hex(await hkdf(key, aad, unhex(found["header_salt"])))).toBe(found["segment_key"]);
  },
  key_slots: async (found) => {
    const { slot, transfer_id, passphrase } = found;
    const linkKey = () => decode(found["link_key"]);
    const open = () =>
      passphrase === undefined
        ? openLinkSlot(slot, linkKey(), transfer_id)
        : openPassphraseSlot(slot, passphrase, transfer_id, argon2idBytes);
    if ("error" in found) {
      await refused(found, open);
      return;
    }
    const key = await open();
    expect(hex(key)).toBe(found["transfer_key"]);
    if (!("random" in found)) return;
    const random = drawn(found["random"]);
    if (passphrase === undefined) {
      const made = await linkSlot(key, transfer_id, random);
      expect(made).toEqual({ slot, linkKey: linkKey() });
      return;
    }
    const { m, t, p } = slot;
    const made = await passphraseSlot(key, transfer_id, passphrase, {
      random,
      argon2id: argon2idBytes,
      cost: { m, t, p },
    });
    expect(made.slot).toEqual(slot);
    expect(encode(made.auth)).toBe(found["auth"]);
    const before = { v: slot.v, kind: slot.kind, salt: slot.salt, m, t, p };
    expect(encode(await passphraseAuth(before, passphrase, argon2idBytes))).toBe(found["auth"]);
  },
  file_records: async (found) => {
    const { key, id, sealed } = { key: unhex(found["file_key"]), id: found["file_id"], sealed: unhex(found["sealed"]) };
    if ("error" in found) {
      await refused(found, () => openRecord(sealed, key, id));
      return;
    }
    const record = await openRecord(sealed, key, id);
    const { name, media_type, size, digest } = found["record"];
    expect({ ...record, digest: record.digest && encode(record.digest) }).toEqual({
      name,
      mediaType: media_type,
      size,
      digest,
    });
    if ("random" in found) expect(hex(await sealRecord(record, key, id, drawn(found["random"])))).toBe(found["sealed"]);
  },
  part_plans: async (found) => {
    const plan = () => planParts(found["ciphertext_size"], { asked: found["asked"], limit: found["limit"] });
    if ("error" in found) {
      expect((await refused(found, plan)).figure).toBe(found["figure"]);
      return;
    }
    const made = plan();
    expect([made.partSize, partCount(made), made.single]).toEqual([
      found["part_size"],
      found["count"],
      found["single"],
    ]);
    for (const [number, range] of Object.entries(found["ranges"]))
      expect(partRange(made, Number(number))).toEqual(range);
  },
  packs: async (found) => {
    const place = () => planPacks(found["plaintext_sizes"]);
    if ("error" in found) await refused(found, place);
    else expect(place()).toEqual(found["placements"]);
  },
  names: async (found) => {
    if ("error" in found) {
      for (const check of [checkName, safePath]) {
        const error: FormatError = await refused(found, () => check(found["given"]));
        expect(error.reason).toBe(found["reason"]);
      }
    } else if ("names" in found) expect(await safePaths(found["names"])).toEqual(found["paths"]);
    else if ("text" in found) expect(displayName(found["text"])).toBe(found["shown"]);
    else {
      expect(checkName(found["given"])).toBe(found["checked"]);
      expect(await safePath(found["given"])).toEqual(found["path"]);
      expect(displayName(found["checked"])).toBe(found["checked"]);
    }
  },
  ids: async (found) => {
    if ("error" in found) {
      await refused(found, () => decodeId(found["text"]));
      expect(isId(found["text"], found["text"].split("_")[0])).toBe(false);
      return;
    }
    const uuid = unhex(found["uuid"]);
    expect(decodeId(found["text"])).toEqual({ prefix: found["prefix"], uuid });
    expect(encodeId(found["prefix"], uuid)).toBe(found["text"]);
    expect(isId(found["text"], found["prefix"])).toBe(true);
  },
};

/** What the page's engine has no part in, and who has. */
const OTHERS: Record<string, string> = {
  audit_blocks: "audit exports are verified by the command line",
  certificates: "certificates are verified by the command line; the page shows and prints them",
  events: "events are for servers",
  jws: "part of certificates",
  merkle: "part of certificates",
  signed_urls: "the engine uses addresses as they are",
};

it("knows every subject there is", () => {
  expect([...Object.keys(CHECKS), ...Object.keys(OTHERS)].sort()).toEqual(subjects());
});

for (const [subject, check] of Object.entries(CHECKS)) {
  describe(subject, () => {
    it("has vectors", () => expect(names(subject).length).toBeGreaterThan(0));
    it.each(names(subject))("%s", (name) => check(vector(subject, name)), 30_000);
  });
}
