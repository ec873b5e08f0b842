"""Where the server opens files for browsers that can't: the addresses of the compatible download.

On a host the runtime serves them; in the cloud a container of the same image will, because a Lambda can't stream for hours. What the addresses
mean stands in the records; an adapter only says under which address a token is served.

Contract
- ``url`` gives an https address (http on a loopback host) whose last path segment is the token and nothing else of it a secret. It does no I/O.
- Its host takes GET and HEAD, answers with the exact length, takes single ranges (RFC 9110), and gives no byte before its segment's tag held.
- Its host asks ``chalicelib.use_cases.receiving.open_fetch`` at every request and while bytes move, and writes the path into no log.
- An install that has no such host raises ``Refused("compatible_away")``.
Not promised: that the host is up; that it has the name of the API's.
"""

from typing import Protocol

from chalicelib.domain.tenant import Tenant


class FetchAddresses(Protocol):
    """From tokens to addresses."""

    def url(self, tenant: Tenant, token: str) -> str: ...
