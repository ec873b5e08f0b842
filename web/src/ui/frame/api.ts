/** The API at the page's own host, without a sign-in. */

import { browserWorld } from "../../edges/browser_world";
import { Api } from "../../engine/api/api";
import { language } from "./words.svelte";

let made: Api | null = null;

/** For open routes: links of guests, signing in. */
export function openApi(): Api {
  made ??= new Api(browserWorld(), { origin: location.origin, language });
  return made;
}
