"""Whether a tenant's host answers: every service says that it is ready, and knows the host."""

import http.client
import json
import urllib.error
import urllib.request

from deploy.names import SERVICES


class HttpSmoke:
    """Asks over the network, as people will. ``scheme`` is another than https in tests alone."""

    def __init__(self, *, scheme: str = "https", seconds: float = 10) -> None:
        self._scheme = scheme
        self._seconds = seconds

    def faults(self, host: str) -> list[str]:
        """One sentence for each service that does not answer as it should."""
        found = [self._fault(f"{self._scheme}://{host}/{service}/v1/openapi.json", service) for service in SERVICES]
        return [sentence for sentence in found if sentence]

    def _fault(self, url: str, service: str) -> str:
        try:
            with urllib.request.urlopen(url, timeout=self._seconds) as answer:  # noqa: S310  # the scheme is ours
                read = json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return f"{service} answers {error.code}."
        except (OSError, ValueError, http.client.HTTPException) as error:
            return f"{service} does not answer ({type(error).__name__})."
        version = read.get("openapi", "") if isinstance(read, dict) else ""
        return "" if str(version).startswith("3.") else f"{service} answers something else than our document."
