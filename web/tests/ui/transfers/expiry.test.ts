import { expect, it } from "vitest";
import { allowedDays, EXPIRY_DAYS, expiryIn, LEAST_LIFE_MS, latestExpiry } from "../../../src/ui/transfers/expiry";

it("a choice of days ends at a full minute, so that what is read is what is meant", () => {
  const now = Date.parse("2026-01-01T09:30:42.123Z");
  expect(expiryIn(7, now)).toBe("2026-01-08T09:30:00.000Z");
  // The server takes nothing that ends within five minutes.
  expect(LEAST_LIFE_MS).toBeGreaterThan(5 * 60_000);
  for (const days of EXPIRY_DAYS) expect(Date.parse(expiryIn(days, now)) - now).toBeGreaterThan(LEAST_LIFE_MS);
});

it("what the organisation allows bounds the choice, where the server tells it", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(allowedDays(EXPIRY_DAYS, 14)).toEqual([7, 14]);
  expect(allowedDays(EXPIRY_DAYS, undefined)).toEqual([...EXPIRY_DAYS]);
  expect(latestExpiry(14, now)).toBe("2026-01-15T00:00:00.000Z");
  expect(latestExpiry(undefined, now)).toBeUndefined();
});
