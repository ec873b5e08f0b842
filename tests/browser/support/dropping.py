"""A drop from the file manager, as DevTools makes one: real paths of this machine, folders too, which the page gets as it gets a person's."""

from pathlib import Path

from playwright.sync_api import Page


def drop(page: Page, selector: str, *paths: Path) -> None:
    """Drag these over the middle of an element and let go."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None, f"{selector} is not to be seen"
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session = page.context.new_cdp_session(page)
    # 1 is "copy": https://chromedevtools.github.io/devtools-protocol/tot/Input/#type-DragData
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "data": data, **middle})
    session.detach()
