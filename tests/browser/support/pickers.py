"""Saving where the person says: the browser's own dialogs can't be driven, so a script answers them with real handles of the origin's private files."""

import base64
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import BrowserContext, Page

Answer = Literal["pick", "close", "refuse"]
_SCRIPT = (Path(__file__).parent / "pickers.js").read_text("utf-8")
_STORED = """async () => {
  const found = {};
  const walk = async (folder, path) => {
    for await (const [name, handle] of folder.entries()) {
      if (handle.kind === "directory") await walk(handle, path + name + "/");
      else found[path + name] = await text(await handle.getFile());
    }
  };
  const text = (file) => new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.readAsDataURL(file);
  });
  const root = await navigator.storage.getDirectory();
  await walk(await root.getDirectoryHandle("picked", { create: true }), "");
  return found;
}"""


def with_pickers(context: BrowserContext) -> None:
    """Give it to a visitor as ``before``: dialogs are answered, and there is no service worker to save with instead."""
    context.add_init_script(_SCRIPT)


def with_pickers_and_worker(context: BrowserContext) -> None:
    """As in a browser that has both."""
    context.add_init_script("window.testKeepsWorkers = true;")
    context.add_init_script(_SCRIPT)


def answer(page: Page, what: Answer) -> None:
    """What the person does with the next dialogs."""
    page.evaluate("what => { testPickers.answer = what; }", what)


def asked(page: Page) -> Any:
    """What each dialog was opened for so far: the name that was proposed, or the mode of a folder."""
    return page.evaluate("() => testPickers.asked")


def stored(page: Page) -> dict[str, bytes]:
    """What lies where the dialogs point: relative path -> content."""
    found: dict[str, str] = page.evaluate(_STORED)
    return {name: base64.b64decode(content) for name, content in found.items()}
