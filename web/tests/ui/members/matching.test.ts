import { describe, expect, it } from "vitest";
import type { Member } from "../../../src/ui/members/calls";
import { matching } from "../../../src/ui/members/matching";

const named = (name: string, email: string): Member => ({
  id: email,
  version: 1,
  email,
  name,
  roles: ["member"],
  language: "ja",
  state: "active",
  totp: false,
  created_at: "2026-11-21T00:00:00Z",
});
const ALL = [named("佐藤 花子", "hanako@acme.example"), named("Taro Yamada", "taro@acme.example")];

describe("searching members", () => {
  it.each([
    ["", 2],
    ["  ", 2],
    ["花子", 1],
    ["ACME", 2],
    ["ｔａｒｏ", 1],
    ["yamada taro", 1],
    ["taro 花子", 0],
  ])("%s finds %s", (typed, count) => {
    expect(matching(ALL, typed).length).toBe(count);
  });
});
