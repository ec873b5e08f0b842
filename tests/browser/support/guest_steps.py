"""A guest's steps on the page, by what a person sees: fields by their purpose, the one main button. Shared by tests of safety, size and speed."""

from playwright.sync_api import Locator, Page

from tests.browser.support.site import Sent, Site

CODE_FIELD = 'input[autocomplete="one-time-code"]'
MAIN_BUTTON = "main button.main"
_PATIENCE = 20_000


def code_field(page: Page) -> Locator:
    """Where the code from the mail goes."""
    return page.locator(CODE_FIELD)


def ask_for_code(page: Page) -> Locator:
    """From the first screen to the code field: the human step, before which no mail is sent."""
    page.locator(MAIN_BUTTON).first.click(timeout=_PATIENCE)
    field = code_field(page)
    field.wait_for(timeout=_PATIENCE)
    return field


def prove(page: Page, site: Site, sent: Sent) -> None:
    """The whole proof by a mailed code, until the field is gone. The page sends the eighth digit's code by itself."""
    known = site.known(sent.address)
    field = ask_for_code(page)
    field.fill(site.newest_code(sent.address, known))
    field.wait_for(state="detached", timeout=_PATIENCE)
