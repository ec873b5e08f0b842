import { describe, expect, it } from "vitest";
import en from "../../../../chalicelib/catalogue/page/transfers.en.json";
import { STATES } from "../../../src/ui/transfers/filters";
import { rightsOf } from "../../../src/ui/transfers/rights";
import { canChange, canSendNow, isOver, shownState } from "../../../src/ui/transfers/shown_state";
import type { Reason, State, Transfer } from "../../../src/ui/transfers/wire";

const REASONS: readonly Reason[] = ["expired", "exhausted", "revoked", "rejected", "infected", "abandoned"];
const words = en as Readonly<Record<string, string>>;

function transfer(state: State, more: Partial<Transfer> = {}): Transfer {
  return {
    id: "tr_1",
    version: 3,
    state,
    class: "managed",
    sender: { id: "mb_me", name: "Hanako", company: "Acme" },
    files: 1,
    bytes: 10,
    created_at: "2026-01-01T00:00:00.000Z",
    expires_at: "2026-01-08T00:00:00.000Z",
    proof: "code",
    scan: "clean",
    recipients: [],
    ...more,
  };
}

describe("a state in words", () => {
  it("has a name and a next step for each state and reason", () => {
    for (const state of STATES) {
      for (const reason of [undefined, ...REASONS]) {
        const shown = shownState(transfer(state, reason && isOver(transfer(state)) ? { reason } : {}));
        expect(words[shown.name], `${state} ${reason}`).toBeTruthy();
        expect(words[shown.next], `${state} ${reason}`).toBeTruthy();
        if (words[shown.next]?.includes("{at}")) expect(["uploading", "held", "ready", "destroyed"]).toContain(state);
      }
    }
  });

  it("names why something is closed", () => {
    expect(shownState(transfer("closed", { reason: "revoked" })).name).toBe("reason_revoked");
    expect(shownState(transfer("closed", { reason: "infected" })).tone).toBe("bad");
    expect(shownState(transfer("destroyed", { reason: "expired" })).name).toBe("state_destroyed");
  });

  it("knows the moment its words need", () => {
    expect(shownState(transfer("held", { hold_until: "2026-01-01T00:05:00.000Z" })).moment).toBe(
      "2026-01-01T00:05:00.000Z",
    );
    const set = shownState(transfer("held", { send_at: "2026-01-02T00:00:00.000Z" }));
    expect(set).toMatchObject({ next: "next_held_set_time", moment: "2026-01-02T00:00:00.000Z" });
  });
});

describe("what can be done", () => {
  it("ends with the transfer", () => {
    expect(canChange(transfer("ready"))).toBe(true);
    expect(canChange(transfer("closed", { reason: "expired" }))).toBe(false);
    expect(canSendNow(transfer("held", { hold_until: "2026-01-01T00:05:00.000Z" }))).toBe(true);
    expect(canSendNow(transfer("checking", { send_at: "2026-01-02T00:00:00.000Z" }))).toBe(true);
    expect(canSendNow(transfer("ready"))).toBe(false);
  });

  it("is the owner's, in part an admin's, and an auditor only looks", () => {
    const viewer = { id: "mb_me", auditor: false, admin: false, asker: null };
    expect(rightsOf(transfer("ready"), viewer)).toMatchObject({
      owner: true,
      files: true,
      fetch: false,
      recall: true,
      received: false,
    });
    const admin = { ...viewer, id: "mb_other", admin: true };
    expect(rightsOf(transfer("ready"), admin)).toMatchObject({
      owner: false,
      files: false,
      fetch: false,
      recall: true,
    });
    const auditor = { ...viewer, id: "mb_other", auditor: true };
    expect(rightsOf(transfer("ready"), auditor)).toMatchObject({
      owner: false,
      inside: true,
      files: false,
      recall: false,
    });
    expect(rightsOf(transfer("ready"), { ...auditor, id: "mb_me" })).toMatchObject({ owner: true, recall: true });
  });

  it("tells what came from what was sent", () => {
    const viewer = { id: "mb_me", auditor: false, admin: false, asker: null };
    const came = transfer("ready", { request: "rq_1", sender: { id: "rc_1", name: "", company: "" } });
    expect(rightsOf(came, viewer)).toMatchObject({ owner: true, received: true, fetch: true });
    expect(rightsOf(came, { ...viewer, auditor: true })).toMatchObject({ owner: false, files: false });
    expect(rightsOf(came, { ...viewer, auditor: true, asker: "mb_me" })).toMatchObject({ owner: true, received: true });
    const { version: _, ...outside } = transfer("ready", { sender: { id: "mb_other", name: "Ken", company: "Acme" } });
    expect(rightsOf(outside, viewer)).toMatchObject({
      owner: false,
      received: true,
      files: true,
      fetch: true,
      recall: false,
    });
  });
});
