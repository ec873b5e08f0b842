import { describe, expect, it } from "vitest";
import { findScreen, pathOf } from "../../../src/ui/frame/paths";
import { areaOf, SCREENS, type ScreenLine } from "../../../src/ui/frame/screens";

const nameOf = (path: string): string | undefined => findScreen(SCREENS, path)?.screen.name;
const screen = (name: string): ScreenLine => {
  const found = SCREENS.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};

describe("an address", () => {
  it.each([
    ["/transfers", "transfers"],
    ["/transfers/", "transfers"],
    ["/transfers/tr_1", "transfer"],
    ["/transfers/tr_1/certificate", "certificate"],
    ["/requests/new", "request_new"],
    ["/requests/rq_1", "request"],
    ["/l", "guest"],
    ["/", undefined],
    ["/transfers/tr_1/other", undefined],
    ["/transfers/%ff", undefined],
  ])("%s means %s", (path, name) => {
    expect(nameOf(path)).toBe(name);
  });

  it("gives its parameters, and is made of them again", () => {
    const found = findScreen(SCREENS, "/send/a%2Fb%20c");
    expect(found?.params).toEqual({ journal: "a/b c" });
    expect(pathOf(screen("send_resume"), { journal: "a/b c" })).toBe("/send/a%2Fb%20c");
    expect(() => pathOf(screen("transfer"))).toThrow();
  });

  it("belongs to the area of its file", () => {
    expect(areaOf(screen("certificate"))).toBe("transfers");
  });
});
