"""Is the install reachable where its links, cookies and signed URLs say it is, and does a tenant go by that name?

``check`` may run before the first start. So an address at which nothing listens is a fault only while this runtime itself answers at
its own port; a name that does not resolve, a certificate that nobody trusts, or a stranger that answers are faults at any time.
"""

import json
import socket
import ssl
import urllib.error
import urllib.request
from typing import Final
from urllib.parse import urlsplit

from chalicelib.bootstrap import LazyContext
from chalicelib.domain.errors import Refused
from chalicelib.settings import Settings
from chalicelib.use_cases.tenant_origin import is_tenant_origin

_SECONDS: Final = 5.0


def reachable(ctx: LazyContext) -> str:
    """What was found at base_url and blob_base_url. Raises Refused("address_wrong")."""
    settings = ctx.settings
    urls = dict.fromkeys((settings.base_url, settings.blob_base_url if settings.blobs == "filesystem" else ""))
    return "; ".join(_found_at(url, settings) for url in urls if url)


def hosts(ctx: LazyContext) -> str:
    """Raises Refused("host_unknown") where no tenant has the host name of base_url."""
    if not is_tenant_origin(ctx, ctx.settings.base_url):
        raise Refused("host_unknown", "No tenant has the scheme and host of FUMIBAKO_BASE_URL.")
    return "a tenant has this base_url"


def _found_at(url: str, settings: Settings) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        socket.getaddrinfo(host, parts.port or 443)
    except OSError:
        raise _wrong(host, "has no address") from None
    try:
        answered = _health(url, ssl.create_default_context())
    except ssl.SSLCertVerificationError:
        raise _wrong(host, "shows a certificate that is not trusted here, or for another name") from None
    except OSError:
        if _answers_here(settings):
            raise _wrong(host, "does not answer, while this runtime does at its own port") from None
        return f"{host}: nothing answers yet"
    if not answered:
        raise _wrong(host, "is answered by something else than a Fumibako")
    return f"{host}: answers"


def _health(url: str, tls: ssl.SSLContext) -> bool:
    """Whether a Fumibako answers. Raises OSError, also for a certificate."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls))
    try:
        with opener.open(url + "/healthz", timeout=_SECONDS) as answer:
            found = json.loads(answer.read(1000))
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except urllib.error.URLError as error:
        raise error.reason if isinstance(error.reason, OSError) else error from None
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("status") == "ok"


def _answers_here(settings: Settings) -> bool:
    # Its own certificate is for another name than the address it listens on.
    tls = ssl.create_default_context()
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.listen_host, settings.listen_host)  # noqa: S104  # compared, not bound
    place = f"[{host}]" if ":" in host else host
    scheme = "https" if settings.tls_certificate else "http"
    try:
        return _health(f"{scheme}://{place}:{settings.listen_port}", tls)
    except OSError:
        return False


def _wrong(host: str, what: str) -> Refused:
    return Refused("address_wrong", f"{host} {what}.")
