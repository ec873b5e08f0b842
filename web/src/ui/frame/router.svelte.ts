/**
 * The router over the history API. A screen's code and words are loaded before it is shown; the old one stays until then.
 * Focus moves to the h1 of a new screen, and the place on the page is kept for the way back.
 */

import { tick } from "svelte";
import { beforeLeaving } from "./leaving.svelte";
import { findScreen, pathOf } from "./paths";
import { areaOf, SCREENS, type ScreenLine, type ScreenName } from "./screens";
import { loadWords } from "./words.svelte";

type Query = Readonly<Record<string, string>>;
// What a screen's file exports; its props are checked where the file is written.
export type ScreenModule = { readonly default: unknown };

/** What is shown. */
export interface Shown {
  readonly name: ScreenName | "absent";
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly component: unknown;
  /** Differs for each visit, so that the same screen with other parameters begins anew. */
  readonly visit: number;
}

/** What an entry brings: its screens' files, and who may see what. */
export interface RouterEdges {
  readonly files: Readonly<Record<string, () => Promise<unknown>>>;
  /** Where to go instead, or null where the screen may be shown. */
  readonly redirect: (screen: ScreenLine | null, url: URL) => Promise<string | null>;
}

let edges: RouterEdges | null = null;
let shown = $state.raw<Shown | null>(null);
let failed = $state.raw<unknown>(null);
let waiting = $state(false);
let visit = 0;
let here = "";

/** What is shown; null until the first screen is there. */
export function route(): Shown | null {
  return shown;
}

/** Why the last way led nowhere (a file that could not be loaded), or null. */
export function routeFailure(): unknown {
  return failed;
}

/** Whether a screen is being loaded. */
export function routing(): boolean {
  return waiting;
}

/** Called once by an entry. */
export async function beginRouter(given: RouterEdges): Promise<void> {
  edges = given;
  history.scrollRestoration = "manual";
  addEventListener("popstate", () => void back());
  document.addEventListener("click", onClick);
  await show(new URL(location.href), null);
}

/** Goes to an address of the page (`/transfers?state=ready`). */
export async function go(path: string, how: { replace?: boolean } = {}): Promise<void> {
  if (!(await beforeLeaving())) return;
  const url = new URL(path, location.href);
  keepPlace();
  if (how.replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  await show(url, 0);
}

/** Loads what is shown once more. */
export async function reloadRoute(): Promise<void> {
  await show(new URL(location.href), null);
}

/** The address of a screen. */
export function href(name: ScreenName, params: Readonly<Record<string, string>> = {}, query: Query = {}): string {
  const screen = SCREENS.find((one) => one.name === name);
  if (screen === undefined) throw new Error(`no screen ${name}`);
  const search = new URLSearchParams(query).toString();
  return pathOf(screen, params) + (search === "" ? "" : `?${search}`);
}

/** Changes the query of the screen that is shown, in place: for filters, so that the way back keeps them. Empty values go. */
export function replaceQuery(query: Query): void {
  const given = Object.entries(query).filter(([, value]) => value !== "");
  const url = new URL(location.href);
  url.search = new URLSearchParams(given).toString();
  history.replaceState(history.state, "", url);
  here = url.href;
  if (shown !== null) shown = { ...shown, query: Object.fromEntries(given) };
}

async function back(): Promise<void> {
  if (!(await beforeLeaving())) {
    history.pushState(null, "", here);
    return;
  }
  const place: unknown = history.state?.place;
  await show(new URL(location.href), typeof place === "number" ? place : 0);
}

/** `place`: where to scroll to, null where nothing is moved. */
async function show(url: URL, place: number | null): Promise<void> {
  if (edges === null) return;
  visit += 1;
  const mine = visit;
  waiting = true;
  try {
    const found = findScreen(SCREENS, url.pathname);
    const other = await edges.redirect(found?.screen ?? null, url);
    if (mine !== visit) return;
    if (other !== null) return await go(other, { replace: true });
    const component = found === null ? null : await componentOf(edges, found.screen);
    if (mine !== visit) return;
    here = url.href;
    failed = null;
    const name = (found?.screen.name ?? "absent") as ScreenName | "absent";
    const query = Object.fromEntries(url.searchParams);
    shown = { name, params: found?.params ?? {}, query, component, visit: mine };
  } catch (error) {
    if (mine === visit) failed = error;
  } finally {
    if (mine === visit) waiting = false;
  }
  await arrive(place);
}

async function componentOf(from: RouterEdges, screen: ScreenLine): Promise<unknown> {
  const name = Object.keys(from.files).find((path) => path.endsWith(`/${screen.file}`));
  const load = name === undefined ? undefined : from.files[name];
  if (load === undefined) throw new Error(`no file for ${screen.name}`);
  const [module] = await Promise.all([load(), loadWords(areaOf(screen), ...(screen.words ?? []))]);
  return (module as ScreenModule).default;
}

async function arrive(place: number | null): Promise<void> {
  await tick();
  if (place === null) return;
  scrollTo(0, place);
  document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
}

function keepPlace(): void {
  history.replaceState({ ...(history.state as object | null), place: scrollY }, "");
}

/** A plain click on a link to one of our screens goes there without loading the page anew. */
function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null || link.target !== "" || link.hasAttribute("download")) return;
  const url = new URL(link.href, location.href);
  if (url.origin !== location.origin || (url.hash !== "" && url.pathname === location.pathname)) return;
  const found = url.pathname === "/" ? "app" : findScreen(SCREENS, url.pathname)?.screen.entry;
  if (found !== "app") return;
  event.preventDefault();
  void go(url.pathname + url.search);
}
