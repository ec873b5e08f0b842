/** Who may see which screen, and where to go instead. The server decides again at each call; this only spares people dead ends. */

import { findScreen } from "../frame/paths";
import { type Role, SCREENS, type ScreenLine } from "../frame/screens";
import { resumeSession, session } from "../frame/session.svelte";

// What stood behind # of the wanted address: it stays in memory, so that no server sees it in a query.
let fragment = "";

/** The first screen of somebody with these roles. */
export function homeOf(roles: readonly Role[]): string {
  return roles.some((role) => role !== "auditor") ? "/send" : "/transfers";
}

/** The address to go to instead of a screen, or null where it may be shown. Rejects where the server can't be asked. */
export async function redirect(screen: ScreenLine | null, url: URL): Promise<string | null> {
  const start = url.pathname === "/";
  if (!start && screen === null) return null;
  if (!start && screen?.roles === undefined && screen?.name !== "sign_in") return null;
  const known = await resumeSession();
  if (!known) {
    if (screen?.name === "sign_in") return null;
    fragment = url.hash;
    return signInThen(start ? "" : url.pathname + url.search);
  }
  const { me } = session();
  if (start) return homeOf(me.roles);
  if (screen?.name === "sign_in") return afterSignIn(url, me.roles);
  if (screen?.roles?.some((role) => me.roles.includes(role)) !== true) return homeOf(me.roles);
  return null;
}

/** Where a person goes after signing in: back to where they wanted to, or home. Only ever to a screen of this page. */
export function afterSignIn(url: URL, roles: readonly Role[]): string {
  const wanted = url.searchParams.get("to") ?? "";
  if (!wanted.startsWith("/") || wanted.startsWith("//") || wanted.includes("\\")) return homeOf(roles);
  const target = new URL(wanted, url.origin);
  const screen = findScreen(SCREENS, target.pathname)?.screen;
  const inside = target.origin === url.origin && screen?.entry === "app" && screen.name !== "sign_in";
  return inside ? target.pathname + target.search + fragment : homeOf(roles);
}

function signInThen(wanted: string): string {
  return wanted === "" ? "/sign-in" : `/sign-in?${new URLSearchParams({ to: wanted })}`;
}
