import { describe, expect, it } from "vitest";
import { fullness, mailAddress, requestState } from "../../../src/ui/requests/shown_request";
import type { FileRequest } from "../../../src/ui/requests/wire";

const request = (more: Partial<FileRequest> = {}): FileRequest => ({
  id: "rq_1",
  version: 1,
  state: "open",
  title: "Tender",
  class: "managed",
  owner: "mb_me",
  created_at: "2026-01-01T00:00:00.000Z",
  expires_at: "2026-01-08T00:00:00.000Z",
  proof: "code",
  language: "ja",
  used_files: 1,
  used_bytes: 50,
  transfers: 1,
  recipient_count: 0,
  ...more,
});

describe("a file request", () => {
  it("is open until a moment, and closed for a reason", () => {
    expect(requestState(request())).toMatchObject({ name: "state_open", moment: "2026-01-08T00:00:00.000Z" });
    // One whose time has come has no moment of closing: nobody wrote one.
    expect(requestState(request({ state: "closed", reason: "expired" }))).toMatchObject({
      name: "reason_expired",
      moment: "2026-01-08T00:00:00.000Z",
    });
    const closed = request({ state: "closed", reason: "closed", closed_at: "2026-01-02T00:00:00.000Z" });
    expect(requestState(closed)).toMatchObject({ next: "closed_closed", moment: "2026-01-02T00:00:00.000Z" });
  });

  it("is as full as the nearer limit", () => {
    expect(fullness(request())).toBeNull();
    expect(fullness(request({ max_files: 10 }))).toBe(0.1);
    expect(fullness(request({ max_files: 10, max_bytes: 100 }))).toBe(0.5);
  });

  it("is put into a mail that nothing in its title can change", () => {
    const address = mailAddress("A & B?cc=x", "one\ntwo #3");
    expect(address).toBe("mailto:?subject=A%20%26%20B%3Fcc%3Dx&body=one%0D%0Atwo%20%233");
  });
});
