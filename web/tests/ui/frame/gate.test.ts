import { describe, expect, it } from "vitest";
import { afterSignIn, homeOf } from "../../../src/ui/app/gate";

const after = (to: string): string =>
  afterSignIn(new URL(`https://files.example/sign-in?${new URLSearchParams({ to })}`), ["member"]);

describe("after signing in", () => {
  it.each([
    ["/transfers/tr_1", "/transfers/tr_1"],
    ["/transfers?state=ready", "/transfers?state=ready"],
    ["", "/send"],
    ["//evil.example/transfers", "/send"],
    ["/\\evil.example", "/send"],
    ["https://evil.example/transfers", "/send"],
    ["javascript:alert(1)", "/send"],
    ["/sign-in?to=/x", "/send"],
    ["/l", "/send"],
    ["/no/such/screen", "/send"],
  ])("%s leads to %s", (to, expected) => {
    expect(after(to)).toBe(expected);
  });

  it("leads home by role", () => {
    expect(homeOf(["auditor"])).toBe("/transfers");
    expect(homeOf(["auditor", "member"])).toBe("/send");
  });
});
