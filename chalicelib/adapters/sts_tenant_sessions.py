"""Sessions of the role that reaches one tenant's data and no other's: AssumeRole with the tenant as session tag.

The tag is what the role's policy compares with keys, object names and encryption contexts (docs/cloud/isolation.md). It comes from the principal
that the authorizer verified, and before a sign-in from chalicelib.api.acting. The session's name says the same tenant: the role's trust refuses
any other name.

    0 .......... 15 minutes .......... 31 minutes
    | handed out |  signed addresses  | AWS refuses
    |            |  live on           |

A session is handed out for 15 minutes. Addresses signed at the end of them live up to 15 minutes and never longer than their
credentials, so AWS is asked for 31: one to spare for a clock that is off.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.aws_errors import is_away
from chalicelib.domain.errors import StoreAway
from chalicelib.domain.ids import tenant_id

TAG: Final = "TenantId"
HANDED_OUT_MS: Final = 15 * 60_000
SESSION_SECONDS: Final = 31 * 60
KEPT: Final = 64


@dataclass(frozen=True)
class TenantSession:
    """Credentials of one tenant. ``until`` (ms): hand it out no longer; ``ends`` (ms): AWS takes it no longer. Its repr shows no secret."""

    tenant: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(repr=False)
    until: int
    ends: int


class STSTenantSessions:
    """``client`` is a boto3 STS client; ``now`` gives ms. Threads may share it: one tenant is asked for once, others do not wait for it."""

    def __init__(self, client: Any, role: str, *, now: Callable[[], int], kept: int = KEPT) -> None:
        self._client = client
        self._role = role
        self._now = now
        self._kept = kept
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, TenantSession] = OrderedDict()
        self._asking: dict[str, threading.Lock] = {}

    def session(self, tenant: str) -> TenantSession:
        """The tenant's session, at most 15 minutes old. Raises Refused("tenant_invalid"), StoreAway; what the role refuses passes up."""
        found = self._held(tenant)
        if found is not None:
            return found
        tenant_id(tenant)
        with self._one_asks(tenant):
            found = self._held(tenant)
            if found is None:
                found = self._ask(tenant)
                self._hold(found)
            return found

    def _held(self, tenant: str) -> TenantSession | None:
        with self._lock:
            found = self._sessions.get(tenant)
            if found is None or found.until <= self._now():
                return None
            self._sessions.move_to_end(tenant)
            return found

    def _hold(self, made: TenantSession) -> None:
        with self._lock:
            self._sessions[made.tenant] = made
            self._sessions.move_to_end(made.tenant)
            while len(self._sessions) > self._kept:
                self._sessions.popitem(last=False)

    @contextmanager
    def _one_asks(self, tenant: str) -> Any:
        with self._lock:
            asking = self._asking.setdefault(tenant, threading.Lock())
        try:
            with asking:
                yield
        finally:
            with self._lock:
                self._asking.pop(tenant, None)

    def _ask(self, tenant: str) -> TenantSession:
        asked_at = self._now()
        try:
            answer = self._client.assume_role(
                RoleArn=self._role,
                # CloudTrail shows it beside every call.
                RoleSessionName=f"fumibako-{tenant}",
                DurationSeconds=SESSION_SECONDS,
                Tags=[{"Key": TAG, "Value": tenant}],
            )
        except (ClientError, BotoCoreError) as error:
            if is_away(error):
                raise StoreAway("The service of temporary credentials does not answer.") from error
            raise
        keys = answer["Credentials"]
        ends = int(keys["Expiration"].timestamp() * 1000)
        return TenantSession(
            tenant,
            keys["AccessKeyId"],
            keys["SecretAccessKey"],
            keys["SessionToken"],
            until=min(asked_at + HANDED_OUT_MS, ends),
            ends=ends,
        )
