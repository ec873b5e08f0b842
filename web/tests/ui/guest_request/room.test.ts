import { describe, expect, it } from "vitest";
import type { Look } from "../../../src/engine";
import { isFull, misfit, roomIn } from "../../../src/ui/guest_request/room";

const look = (more: Partial<Look>): Look => ({
  kind: "request",
  sender: { name: "Hanako", company: "Acme" },
  class: "managed",
  files: 2,
  bytes: 60,
  expires_at: "2026-01-08T00:00:00.000Z",
  proof: "code",
  state: "open",
  language: "ja",
  ...more,
});

describe("the room of a request", () => {
  it("is what its limits leave", () => {
    expect(roomIn(look({}))).toEqual({ files: null, bytes: null });
    expect(roomIn(look({ max_files: 3, max_bytes: 50 }))).toEqual({ files: 1, bytes: 0 });
  });

  it("is full when either is used up", () => {
    expect(isFull(roomIn(look({})))).toBe(false);
    expect(isFull(roomIn(look({ max_files: 2 })))).toBe(true);
    expect(isFull(roomIn(look({ max_bytes: 60 })))).toBe(true);
  });

  it("says what does not fit", () => {
    const room = roomIn(look({ max_files: 3, max_bytes: 100 }));
    expect(misfit(room, { files: 1, bytes: 40 })).toBeNull();
    expect(misfit(room, { files: 2, bytes: 1 })).toBe("too_many_files");
    expect(misfit(room, { files: 1, bytes: 41 })).toBe("too_large");
  });
});
