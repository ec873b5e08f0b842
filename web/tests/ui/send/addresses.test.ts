import { describe, expect, it } from "vitest";
import {
  checkedAddress,
  domainOf,
  MOST_RECIPIENTS,
  parseAddresses,
  withAddressees,
} from "../../../src/ui/send/addresses";

describe("an address", () => {
  it.each([
    ["sato@partner.example", "sato@partner.example"],
    ["  Sato@PARTNER.Example ", "Sato@partner.example"],
    ["ｓａｔｏ＠ｐａｒｔｎｅｒ．ｅｘａｍｐｌｅ", "sato@partner.example"],
    ["a.b+c@mail.partner.example", "a.b+c@mail.partner.example"],
    ["taro@日本語.example", "taro@xn--wgv71a119e.example"],
  ])("%s is taken", (typed, email) => {
    expect(checkedAddress(typed)).toBe(email);
  });

  it.each([
    "",
    "sato",
    "sato@",
    "@partner.example",
    "sato@partner",
    "a b@partner.example",
    "a..b@x.example",
    "a@-x.example",
    "a@1.2.3.4",
  ])("%s is none", (typed) => {
    expect(checkedAddress(typed)).toBeNull();
  });

  it("has a domain", () => {
    expect(domainOf("a@x.example")).toBe("x.example");
  });
});

describe("a pasted list", () => {
  it.each([
    ["a@x.example, b@y.example;c@z.example", 3],
    ["a@x.example\r\nb@y.example\r\n", 2],
    ["a@x.example、b@y.example，c@z.example；d@z.example", 4],
    ["a@x.example b@y.example", 2],
    ["a@x.example\tb@y.example", 2],
  ])("%j is taken apart", (text, count) => {
    const { good, wrong } = parseAddresses(text);
    expect([good.length, wrong]).toEqual([count, []]);
  });

  it("keeps names, and says what is no address", () => {
    const { good, wrong } = parseAddresses(
      '"Sato Taro" <sato@x.example>, 田中 <tanaka@y.example>, nobody, mailto:c@z.example',
    );
    expect(good).toEqual([
      { email: "sato@x.example", name: "Sato Taro" },
      { email: "tanaka@y.example", name: "田中" },
      { email: "c@z.example" },
    ]);
    expect(wrong).toEqual(["nobody"]);
  });

  it("takes each person once, and no more than go at once", () => {
    const list = withAddressees([{ email: "a@x.example" }], [{ email: "A@x.example" }, { email: "b@x.example" }]);
    expect(list.map(({ email }) => email)).toEqual(["a@x.example", "b@x.example"]);
    const many = Array.from({ length: 600 }, (_, at) => ({ email: `p${at}@x.example` }));
    expect(withAddressees([], many).length).toBe(MOST_RECIPIENTS);
  });
});
