/** Sizes, times and numbers in the reader's language and time zone. Reactive where used in a component, because `language()` is. */

import { language } from "./words.svelte";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

/** 1,234,567. */
export function formatNumber(value: number): string {
  return numbers({}).format(value);
}

/** 12%. */
export function formatPercent(part: number): string {
  return numbers({ style: "percent" }).format(Math.floor(part * 100) / 100);
}

/** 1.5 MB: powers of 1,000, as file managers show sizes. */
export function formatBytes(bytes: number): string {
  let power = 0;
  while (power < UNITS.length - 1 && bytes >= 999.5 * 1000 ** power) power += 1;
  const value = bytes / 1000 ** power;
  const digits = power === 0 || value >= 99.95 ? 0 : 1;
  // "byte" would come as "バイト"/"byte", whose plural the short form lacks.
  const unitDisplay = power === 0 ? "long" : "short";
  return numbers({ style: "unit", unit: UNITS[power] ?? "byte", unitDisplay, maximumFractionDigits: digits }).format(
    value,
  );
}

/** 12.3 MB/s. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** A moment: day and time of day to the minute. */
export function formatTime(iso: string): string {
  return dates({ dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}

/** A day. */
export function formatDay(iso: string): string {
  return dates({ dateStyle: "medium" }).format(new Date(iso));
}

/** A time of day (18:05), with the day where it is not today. `ms` since the epoch. */
export function formatClock(ms: number, now: number = Date.now()): string {
  const moment = new Date(ms);
  if (moment.toDateString() === new Date(now).toDateString()) return dates({ timeStyle: "short" }).format(moment);
  return dates({ month: "short", day: "numeric", hour: "numeric", minute: "2-digit" }).format(moment);
}

/** A length of time by its largest unit, and the next where it says something: "2 hr 5 min", "40 sec". */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return units(seconds, "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return units(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return joined(units(hours, "hour"), minutes % 60 === 0 ? "" : units(minutes % 60, "minute"));
  return joined(units(Math.floor(hours / 24), "day"), hours % 24 === 0 ? "" : units(hours % 24, "hour"));
}

/** "3 days ago", "in 2 hours". */
export function formatAgo(iso: string, now: number = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400],
    ["hour", 3600],
    ["minute", 60],
  ];
  const relative = cached("ago", () => new Intl.RelativeTimeFormat(language(), { numeric: "auto" }));
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return relative.format(0, "minute");
}

function units(value: number, unit: string): string {
  return numbers({ style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 }).format(value);
}

function joined(first: string, second: string): string {
  return language() === "ja" ? first + second : `${first} ${second}`.trim();
}

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return cached(JSON.stringify(options), () => new Intl.NumberFormat(language(), options));
}

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return cached(JSON.stringify(options), () => new Intl.DateTimeFormat(language(), options));
}

function cached<T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(
  name: string,
  make: () => T,
): T {
  const key = `${language()} ${name}`;
  const found = made.get(key) ?? make();
  made.set(key, found);
  return found as T;
}
