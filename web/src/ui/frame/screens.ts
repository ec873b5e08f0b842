/** Every screen of the page, as data: the router, the navigation, the build (build/page/screens.json) and the tests read this list. */

export type Role = "member" | "approver" | "auditor" | "admin";
export type Entry = "app" | "guest";

/** One screen. */
export interface ScreenLine {
  readonly name: string;
  /** `:name` is a parameter. */
  readonly path: string;
  readonly entry: Entry;
  /** Its component below src/ui; the folder is its area, whose words are loaded with it. */
  readonly file: string;
  /** Who sees it; without roles it needs no sign-in. */
  readonly roles?: readonly Role[];
  /** Its place in the navigation; the label is `app.nav_<name>`. */
  readonly nav?: number;
  /** Further areas whose words it shows. */
  readonly words?: readonly string[];
}

const STAFF: readonly Role[] = ["member", "approver", "auditor", "admin"];
const SENDERS: readonly Role[] = ["member", "approver", "admin"];

export const SCREENS = [
  { name: "sign_in", path: "/sign-in", entry: "app", file: "sign_in/SignInScreen.svelte" },
  { name: "join", path: "/join", entry: "app", file: "sign_in/JoinScreen.svelte" },
  { name: "device", path: "/device", entry: "app", file: "sign_in/DeviceScreen.svelte", roles: STAFF },
  { name: "send", path: "/send", entry: "app", file: "send/SendScreen.svelte", roles: SENDERS, nav: 1 },
  { name: "send_resume", path: "/send/:journal", entry: "app", file: "send/ResumeScreen.svelte", roles: SENDERS },
  {
    name: "transfers",
    path: "/transfers",
    entry: "app",
    file: "transfers/TransfersScreen.svelte",
    roles: STAFF,
    nav: 2,
  },
  {
    name: "transfer",
    path: "/transfers/:id",
    entry: "app",
    file: "transfers/TransferScreen.svelte",
    roles: STAFF,
    words: ["send", "guest"],
  },
  {
    name: "certificate",
    path: "/transfers/:id/certificate",
    entry: "app",
    file: "transfers/CertificateScreen.svelte",
    roles: STAFF,
  },
  {
    name: "received",
    path: "/received",
    entry: "app",
    file: "transfers/ReceivedScreen.svelte",
    roles: SENDERS,
    nav: 3,
  },
  { name: "requests", path: "/requests", entry: "app", file: "requests/RequestsScreen.svelte", roles: SENDERS, nav: 4 },
  {
    name: "request_new",
    path: "/requests/new",
    entry: "app",
    file: "requests/NewRequestScreen.svelte",
    roles: SENDERS,
    words: ["send"],
  },
  {
    name: "request",
    path: "/requests/:id",
    entry: "app",
    file: "requests/RequestScreen.svelte",
    roles: SENDERS,
    words: ["transfers"],
  },
  { name: "members", path: "/members", entry: "app", file: "members/MembersScreen.svelte", roles: ["admin"], nav: 8 },
  { name: "settings", path: "/settings", entry: "app", file: "settings/SettingsScreen.svelte", roles: STAFF },
  { name: "guest", path: "/l", entry: "guest", file: "guest/GuestScreen.svelte" },
] as const satisfies readonly ScreenLine[];

export type ScreenName = (typeof SCREENS)[number]["name"];

/** The area whose words and styles a screen brings. */
export function areaOf(screen: ScreenLine): string {
  return screen.file.slice(0, screen.file.indexOf("/"));
}
