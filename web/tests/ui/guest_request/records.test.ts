import { describe, expect, it } from "vitest";
import { memoryJournals } from "../../../src/edges/browser_journals";
import { Api, unfinished } from "../../../src/engine";
import { Journal } from "../../../src/engine/upload/journal";
import { begunFor, guestTask, isGuestRecord } from "../../../src/ui/guest_request/records";

const ORIGIN = "https://files.acme.example";
// Nothing is called here: a record is found by its name alone.
const api = new Api({} as never, { origin: ORIGIN, language: "ja" });
const files = [{ name: "a.txt", file: new File(["abc"], "a.txt") }];
const how = { class: "managed", message: "" } as const;

describe("what a guest began", () => {
  it("has a record of its own for each request, the same one for the same files and words", async () => {
    const [one, again, other, worded] = await Promise.all([
      guestTask(api, "rq_1", files, how),
      guestTask(api, "rq_1", files, { ...how, message: "  " }),
      guestTask(api, "rq_2", files, how),
      guestTask(api, "rq_1", files, { ...how, message: "Here it is" }),
    ]);
    expect(one.options.journal).toMatch(/^request\/rq_1\/[0-9a-f]{32}$/);
    expect(again.options.journal).toBe(one.options.journal);
    expect(other.options.journal).not.toBe(one.options.journal);
    expect(worded.options.journal).not.toBe(one.options.journal);
    expect(worded.options.fields).toEqual({ source: "page", message: "Here it is" });
    expect(isGuestRecord(one.options.journal)).toBe(true);
    expect(isGuestRecord("0123456789abcdef0123456789abcdef")).toBe(false);
  });

  it("is offered for its own request alone, the newest first", async () => {
    const store = memoryJournals();
    const begin = async (name: string, begun: number): Promise<void> => {
      const journal = await Journal.open(store, name);
      const start = {
        k: "start",
        v: 1,
        key: "k",
        begun,
        origin: ORIGIN,
        class: "managed",
        fields: {},
        files: [],
        transfer_key: null,
      };
      await journal.begin(start as never);
      await journal.close();
    };
    await begin("request/rq_1/old", 1);
    await begin("request/rq_1/new", 2);
    await begin("request/rq_11/other", 3);
    await begin("members-own", 4);
    const all = await unfinished(store);
    expect(begunFor(all, "rq_1").map(({ journal }) => journal)).toEqual(["request/rq_1/new", "request/rq_1/old"]);
    expect(begunFor(all, "rq_3")).toEqual([]);
    await store.open("request/rq_1/new");
    expect(begunFor(await unfinished(store), "rq_1")).toMatchObject([{ journal: "request/rq_1/old" }]);
  });
});
