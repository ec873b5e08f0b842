"""Asking an account: every refusal becomes a reason why a check was not run, never a proof."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from deploy.account import ENDED
from deploy.errors import Refused
from deploy.stage import Stage

# The code that stands in an answer for "yes" to a dry run (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html).
DRY_RUN: Final = "DryRunOperation"
# What services call a missing right; S3 says only 403 to a HEAD.
DENIED: Final = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "InsufficientPrivilegesException",
        "UnauthorizedOperation",
    }
)
# What they call a missing thing.
ABSENT: Final = frozenset(
    {
        "404",
        "AWS.SimpleQueueService.NonExistentQueue",
        "AWSOrganizationsNotInUseException",
        "ClusterNotFoundException",
        "LoadBalancerNotFound",
        "NoSuchBucket",
        "NoSuchDistribution",
        "NoSuchEntity",
        "NotFound",
        "NotFoundException",
        "ParameterNotFound",
        "QueueDoesNotExist",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "ServiceNotFoundException",
        "StackSetNotFoundException",
        "StateMachineDoesNotExist",
        "TargetGroupNotFound",
        "TrailNotFoundException",
        "WAFNonexistentItemException",
    }
)


class NotRun(Exception):
    """A check has no answer; the text says why."""


class Source(Protocol):
    """Where clients come from: a profile, or a recording."""

    def client(self, service: str, *, region: str, credentials: Mapping[str, str] | None, tls: bool) -> Any:
        """A boto3 client. ``credentials`` are those of AssumeRole's answer; None: the profile's own."""
        ...

    def fetch(self, url: str) -> Mapping[str, Any]:
        """``{"status": 200, "headers": {"name": "value"}}`` of a GET without following. Raises OSError where nobody answers."""
        ...


class Heard(Protocol):
    """Is told of each call and its answer: the recorder."""

    def __call__(self, operation: str, parameters: Mapping[str, Any], answer: Mapping[str, Any]) -> None: ...


def nobody(operation: str, parameters: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Nothing is recorded."""


class Account:
    """One account as a stage's checks see it. ``tick`` gives seconds that only grow, ``pause`` waits so many seconds."""

    def __init__(
        self,
        stage: Stage,
        source: Source,
        *,
        now: datetime,
        tick: Callable[[], float],
        pause: Callable[[float], None],
        heard: Heard = nobody,
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        self.stage = stage
        self.now = now
        self.pause = pause
        self.tick = tick
        self._source = source
        self._heard = heard
        self._credentials = credentials

    def ask(
        self, operation: str, *, errors: tuple[str, ...] = (), region: str = "", tls: bool = True, **parameters: Any
    ) -> dict[str, Any]:
        """The answer to ``service.Operation``, all its pages as one; ``{"Error": {"Code": ...}}`` where a code of ``errors`` came.

        Raises NotRun for any other refusal, Refused("credentials_expired").
        """
        service, _, name = operation.partition(".")
        client = self._source.client(
            service, region=region or self.stage.region, credentials=self._credentials, tls=tls
        )
        try:
            answer = _answer(client, xform_name(name), parameters)
        except ClientError as error:
            answer = _refusal(error, operation, errors)
        except ParamValidationError:
            raise
        except BotoCoreError as error:
            raise NotRun(f"{operation} was not answered: {type(error).__name__}.") from error
        self._heard(self._by(operation), {k: v for k, v in parameters.items() if k != "PaginationConfig"}, answer)
        return answer

    def fetch(self, url: str) -> Mapping[str, Any]:
        """A GET from outside, as anybody would. Raises NotRun where nobody answers."""
        try:
            answer = self._source.fetch(url)
        except OSError as error:
            raise NotRun(f"{url} was not reached: {type(error).__name__}.") from error
        self._heard("https.GET", {"url": url}, answer)
        return answer

    def acting(self, credentials: Mapping[str, str]) -> "Account":
        """The same account, asked with the credentials of AssumeRole's answer."""
        return Account(
            self.stage,
            self._source,
            now=self.now,
            tick=self.tick,
            pause=self.pause,
            heard=self._heard,
            credentials=credentials,
        )

    def _by(self, operation: str) -> str:
        return f"tenant:{operation}" if self._credentials else operation


def code(answer: Mapping[str, Any]) -> str:
    """The code of an error that was expected as an answer, or ""."""
    found = answer.get("Error")
    return str(found["Code"]) if isinstance(found, dict) and "Code" in found else ""


def _answer(client: Any, method: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    if client.can_paginate(method):
        whole = dict(client.get_paginator(method).paginate(**parameters).build_full_result())
        # What PaginationConfig left for later.
        whole.pop("NextToken", None)
        return whole
    answer = dict(getattr(client, method)(**parameters))
    answer.pop("ResponseMetadata", None)
    return answer


def _refusal(error: ClientError, operation: str, errors: tuple[str, ...]) -> dict[str, Any]:
    found = str(error.response["Error"].get("Code", ""))
    if found in errors:
        return {"Error": {"Code": found, "Message": str(error.response["Error"].get("Message", ""))}}
    if found in ENDED:
        raise Refused(
            "credentials_expired", "The credentials have ended.", "Sign in again and repeat the command."
        ) from error
    if found in DENIED:
        raise NotRun(f"No right to {operation}: {found}.") from error
    if found in ABSENT:
        raise NotRun(f"{operation} found nothing there: {found}.") from error
    raise NotRun(f"{operation} answered {found}.") from error
