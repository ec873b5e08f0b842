import { describe, expect, it } from "vitest";
import { domainOf } from "../../../src/ui/send/addresses";
import { isMarked, marksOf } from "../../../src/ui/send/domain_marks";
import {
  type Draft,
  emptyDraft,
  fieldOfCode,
  fieldsOf,
  problemsOf,
  recipientsIn,
  textsIn,
} from "../../../src/ui/send/draft";
import { percentOf, titleWith } from "../../../src/ui/send/page_title";
import { sumsText } from "../../../src/ui/send/sums";
import { nextLook } from "../../../src/ui/send/watching";

const NOW = Date.parse("2026-11-21T00:00:00Z");
const GIVEN = { files: 1, recipients: 1 };
const draft = (more: Partial<Draft>): Draft => ({ ...emptyDraft(), ...more });

describe("the form", () => {
  it("asks for nothing but files and recipients", () => {
    expect(problemsOf(emptyDraft(), GIVEN, NOW)).toEqual({});
    expect(problemsOf(emptyDraft(), { files: 0, recipients: 0 }, NOW)).toEqual({
      files: "files_needed",
      recipients: "recipients_needed",
    });
    expect(fieldsOf(emptyDraft(), [{ email: "a@x.example" }], "ja")).toEqual({
      recipients: [{ email: "a@x.example" }],
      source: "page",
      language: "ja",
    });
  });

  it.each([
    ["title", { title: "x".repeat(201) }],
    ["message", { message: "x".repeat(4001) }],
    ["expiresAt", { expiry: "date", expiresAt: "" }],
    ["expiresAt", { expiry: "date", expiresAt: "2026-11-20T00:00:00Z" }],
    ["sendAt", { sendLater: true, sendAt: "" }],
    ["maxDownloads", { maxDownloads: "0" }],
    ["maxDownloads", { maxDownloads: "two" }],
    ["passphrase", { proof: "passphrase" as const, passphrase: " " }],
    ["passphraseAgain", { proof: "passphrase" as const, passphrase: "a", passphraseAgain: "b" }],
  ])("says what is wrong with %s", (field, more) => {
    expect(Object.keys(problemsOf(draft(more), GIVEN, NOW))).toEqual([field]);
  });

  it.each([
    ["", "2026-11-21T00:05:00Z", undefined, "expires_at_wrong"],
    ["", "2026-11-21T00:06:00Z", undefined, undefined],
    [" and within the limit", "2026-11-28T00:00:00Z", 7, undefined],
    [" and beyond the limit", "2026-11-28T00:01:00Z", 7, "expires_at_far"],
    [" and the server tells no limit", "2999-01-01T00:00:00Z", undefined, undefined],
  ])("takes an expiry at least five minutes ahead%s: %s", (_, expiresAt, mostDays, problem) => {
    const found = problemsOf(draft({ expiry: "date", expiresAt }), { ...GIVEN, mostDays }, NOW);
    expect(found.expiresAt).toBe(problem);
  });

  it("knows which field a refusal is about that points at none", () => {
    expect(fieldOfCode("expiry_too_far", draft({ expiry: "date" }))).toBe("expiresAt");
    expect(fieldOfCode("expiry_too_far", draft({ expiry: "30" }))).toBe("expiry");
    expect(fieldOfCode("send_at_wrong", draft({}))).toBe("sendAt");
    expect(fieldOfCode("quota_full", draft({}))).toBeNull();
  });

  it("gives the server what was filled in, full-width digits too", () => {
    const filled = draft({
      title: " Plans ",
      message: "Hello",
      expiry: "3",
      maxDownloads: "５",
      hold: "0",
      sendLater: true,
      sendAt: "2026-11-22T00:00:00Z",
      proof: "code",
      notify: false,
    });
    expect(problemsOf(filled, GIVEN, NOW)).toEqual({});
    expect(fieldsOf(filled, [{ email: "a@x.example", name: "A" }], "en")).toEqual({
      recipients: [{ email: "a@x.example", name: "A" }],
      source: "page",
      language: "en",
      title: "Plans",
      message: "Hello",
      expires_in_minutes: 4320,
      max_downloads: 5,
      hold_minutes: 0,
      send_at: "2026-11-22T00:00:00Z",
      proof: "code",
      notify: false,
    });
  });

  it("is found again in what the server was given", () => {
    const people = [{ email: "a@x.example", name: "A" }];
    const fields = fieldsOf(draft({ title: "T", message: "M" }), people, "en");
    expect([recipientsIn(fields), textsIn(fields)]).toEqual([people, { title: "T", message: "M" }]);
    expect([recipientsIn({}), textsIn({})]).toEqual([[], { title: "", message: "" }]);
  });

  it("never sends the passphrase", () => {
    const filled = draft({ proof: "passphrase", passphrase: "secret words", passphraseAgain: "secret words" });
    expect(JSON.stringify(fieldsOf(filled, [], "en"))).not.toContain("secret");
  });
});

describe("a domain", () => {
  const known = { domain: domainOf("a@x.example"), recipients: 1, first_time: false };

  it("that is known is not marked", () => {
    expect([isMarked(known), marksOf(known)]).toEqual([false, []]);
    expect(isMarked({ ...known, first_time: true, internal: true })).toBe(false);
  });

  it("is marked when it is new or looks like another", () => {
    expect(isMarked({ ...known, first_time: true })).toBe(true);
    const odd = { ...known, first_time: true, looks_like: "partner.example", reason: "one_letter", free_mail: true };
    expect(marksOf(odd).map(({ key }) => key)).toEqual([
      "mark_looks_like",
      "mark_one_letter",
      "mark_first_time",
      "mark_free_mail",
    ]);
    expect(marksOf({ ...odd, reason: "unheard_of" }).map(({ key }) => key)).not.toContain("mark_unheard_of");
  });
});

describe("what is drawn", () => {
  it("has the percentage before the title, once", () => {
    expect(titleWith("12% · Send", 13)).toBe("13% · Send");
    expect(titleWith("12% · Send", null)).toBe("Send");
    expect([percentOf({ done: 999, total: 1000 }), percentOf({ done: 0, total: 0 })]).toEqual([99, 0]);
  });

  it("looks less and less often at what does not change", () => {
    expect([nextLook("checking", 0), nextLook("checking", 3), nextLook("held", 20)]).toEqual([1500, 12_000, 20_000]);
    expect(nextLook("destroyed", 0)).toBeNull();
  });

  it("has sums as sha256sum reads them", () => {
    expect(sumsText([{ name: "a b.txt", sha256: "00ff" }])).toBe("00ff  a b.txt\n");
  });
});
