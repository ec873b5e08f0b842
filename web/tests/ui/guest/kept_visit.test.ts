import { describe, expect, it } from "vitest";
import { forgetVisit, keepVisit, keptVisit, SECRETS_MS, type TabStorage } from "../../../src/ui/guest/kept_visit";

const LINK = { token: "acme.abcdefghijklmnopqrstuvwxyz0", key: "k".repeat(43) };
const CHALLENGE = { challenge: "ch_1.secret", address: "t•••@example.com", askedAt: 5, tries: 4 };
const VISIT = { link: LINK, challenge: CHALLENGE, proved: true };

class Shelf implements TabStorage {
  readonly kept = new Map<string, string>();
  getItem = (name: string): string | null => this.kept.get(name) ?? null;
  setItem = (name: string, text: string): void => {
    this.kept.set(name, text);
  };
  removeItem = (name: string): void => {
    this.kept.delete(name);
  };
}

describe("what a tab keeps of a link", () => {
  it("is all there after a reload", () => {
    const shelf = new Shelf();
    keepVisit(shelf, VISIT, 1000);
    expect(keptVisit(shelf, 1000 + SECRETS_MS - 1)).toEqual(VISIT);
  });

  it.each([1000 + SECRETS_MS, 1000 + 100 * SECRETS_MS, 999])("is the token alone at %d", (now) => {
    const shelf = new Shelf();
    keepVisit(shelf, VISIT, 1000);
    expect(keptVisit(shelf, now)).toEqual({ link: { ...LINK, key: null }, challenge: null, proved: false });
  });

  it("is gone when it was forgotten", () => {
    const shelf = new Shelf();
    keepVisit(shelf, VISIT, 0);
    forgetVisit(shelf);
    expect(keptVisit(shelf, 0)).toBeNull();
    expect(shelf.kept.size).toBe(0);
  });

  it.each(["", "x", "null", "{}", "[]", '{"link":{"token":1},"at":0}', '{"link":{"token":"t"}}'])(
    "is nothing where %s was kept",
    (text) => {
      const shelf = new Shelf();
      shelf.setItem("fumibako.link", text);
      expect(keptVisit(shelf, 0)).toBeNull();
    },
  );

  it("leaves out a challenge that can't be read", () => {
    const shelf = new Shelf();
    const text = JSON.stringify({ link: LINK, challenge: { challenge: 1 }, proved: "yes", at: 0 });
    shelf.setItem("fumibako.link", text);
    expect(keptVisit(shelf, 0)).toEqual({ link: LINK, challenge: null, proved: false });
  });

  it("does not mind a browser that keeps nothing", () => {
    const closed = (): never => {
      throw new Error("SecurityError");
    };
    const shelf = { getItem: closed, setItem: closed, removeItem: closed };
    keepVisit(shelf, VISIT, 0);
    forgetVisit(shelf);
    expect(keptVisit(shelf, 0)).toBeNull();
  });
});
