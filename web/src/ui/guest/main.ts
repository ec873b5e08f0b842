/** The guests' entry: a link's page, with nothing of what members see. */

import "../look/tokens.css";
import "../look/base.css";
import "../look/parts.css";
import { mount } from "svelte";
import { watchConnection } from "../frame/connection.svelte";
import { beginTheme } from "../frame/theme.svelte";
import { beginWords, loadWords } from "../frame/words.svelte";
import { takeFragment } from "./fragment";
import GuestApp from "./GuestApp.svelte";
import { takeOutcome } from "./partner_outcome";

// Before anything else happens: see there.
takeFragment();
takeOutcome();

async function begin(): Promise<void> {
  beginTheme();
  beginWords(import.meta.glob("../../../../chalicelib/catalogue/page/{frame,guest,guest_request,preview,send}.*.json"));
  watchConnection();
  await loadWords("frame", "guest");
  const target = document.getElementById("page");
  if (target === null) throw new Error("no place for the page");
  mount(GuestApp, { target });
}

void begin();
