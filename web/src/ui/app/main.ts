/** The members' entry. */

import "../look/tokens.css";
import "../look/base.css";
import "../look/parts.css";
import "../look/app.css";
import "../look/lines.css";
import { mount } from "svelte";
import { watchConnection } from "../frame/connection.svelte";
import { beginRouter } from "../frame/router.svelte";
import { watchOtherTabs } from "../frame/session.svelte";
import { beginTheme } from "../frame/theme.svelte";
import { beginWords, loadWords } from "../frame/words.svelte";
import App from "./App.svelte";
import { redirect } from "./gate";

async function begin(): Promise<void> {
  beginTheme();
  beginWords(import.meta.glob("../../../../chalicelib/catalogue/page/*.json"));
  watchConnection();
  watchOtherTabs();
  await loadWords("frame", "app");
  const target = document.getElementById("page");
  if (target === null) throw new Error("no place for the page");
  mount(App, { target });
  await beginRouter({ files: import.meta.glob(["../*/*Screen.svelte", "!../guest/*"]), redirect });
}

void begin();
