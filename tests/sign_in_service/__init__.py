"""A real OpenID Connect provider for tests, and a browser that signs in at it."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

FOLDER = Path(__file__).parent
CLIENT_ID = "fumibako"
CLIENT_SECRET = "s3cret: of/ours"


@dataclass(frozen=True)
class SignInService:
    """``redirect_uri`` is the one address it sends browsers back to."""

    issuer: str
    redirect_uri: str

    def sign_in(self, url: str, address: str) -> dict[str, str]:
        """A browser opens ``url`` and signs in as ``address``; gives the query that it comes back with."""
        with httpx.Client() as browser:
            answer = browser.get(url)
            for _ in range(20):
                if answer.is_redirect:
                    location = urljoin(str(answer.request.url), answer.headers["location"])
                    if location.startswith(self.redirect_uri):
                        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
                    answer = browser.get(location)
                    continue
                action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
                prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
                assert action, answer.text
                assert prompt, answer.text
                form = {"prompt": prompt[1], "login": address, "password": "x"}
                answer = browser.post(urljoin(str(answer.request.url), action[1]), data=form)
        raise AssertionError("the sign-in went round in circles")


@contextmanager
def sign_in_service(redirect_uri: str, method: str = "client_secret_basic") -> Iterator[SignInService]:
    """Runs until the block ends. ``method``: how clients prove themselves at the token endpoint."""
    assert (FOLDER / "node_modules").is_dir(), "the provider is not installed: make sign-in-service"
    command = ["node", "provider.mjs", redirect_uri, method]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=FOLDER, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, text=True)
    try:
        assert process.stdout is not None
        line = next((one for one in process.stdout if one.startswith("{")), "")
        yield SignInService(json.loads(line)["issuer"], redirect_uri)
    finally:
        process.kill()
        process.communicate()
