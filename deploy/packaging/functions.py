"""What every Lambda function of the services is: where its events come from, how much memory and time it gets.

Time limits: API Gateway waits 29 s; a queue's visibility timeout is half a minute more than its consumer's limit (decision 20); schedules of one minute may outlast their minute, because
one execution at a time is reserved for them and each of them works in batches that others can go on with.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from deploy.names import FUNCTIONS

Kind = Literal["api", "authorizer", "queue", "stream", "schedule"]


@dataclass(frozen=True)
class Function:
    """One Lambda function. ``name`` is Chalice's, ``logical_id`` that of its resource in the template."""

    service: str
    name: str
    kind: Kind
    handler: str
    memory_mb: int
    timeout_seconds: int

    @property
    def logical_id(self) -> str:
        """As Chalice calls the resource: words of the name in capitals; the API's handler is written APIHandler."""
        return "APIHandler" if self.kind == "api" else "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def alias_id(self) -> str:
        """The resource of the alias that everything calls."""
        return f"{self.logical_id}Alias"

    @property
    def role_id(self) -> str:
        """The resource of its role, one for each function."""
        return f"{'ApiHandler' if self.kind == 'api' else self.logical_id}Role"

    @property
    def concurrency_parameter(self) -> str:
        """The template's parameter of its reserved executions."""
        return f"{self.logical_id}Concurrency"

    @property
    def has_failed_runs(self) -> bool:
        """Whether what it could not do goes to the queue FailedRuns: a queue's consumer has dead letters of its own."""
        return self.kind in ("schedule", "stream")


# (kind, name of the function in app.py, MB, seconds)
_FUNCTIONS: Final[dict[tuple[str, str], tuple[Kind, str, int, int]]] = {
    **{(service, "api_handler"): ("api", "app", 1_024, 29) for service in FUNCTIONS},
    **{(service, "signed_in"): ("authorizer", "signed_in", 512, 10) for service in FUNCTIONS},
    **{
        (service, "on_events"): ("queue", "on_events", 1_024, 150)
        for service in ("transfers", "notifications", "reporting")
    },
    ("transfers", "relay_outbox"): ("stream", "relay_outbox", 512, 60),
    ("transfers", "sweep_due"): ("schedule", "sweep_due", 1_024, 300),
    ("transfers", "issue_certificate_batches"): ("schedule", "issue_certificate_batches", 1_024, 300),
    ("transfers", "resend_unsent"): ("schedule", "resend_unsent_events", 512, 300),
    ("transfers", "purge_records"): ("schedule", "purge_past_records", 512, 300),
    ("reporting", "form_audit_blocks"): ("schedule", "form_audit_blocks", 1_024, 300),
    ("reporting", "sign_audit_roots"): ("schedule", "sign_roots", 1_024, 300),
}


def functions_of(service: str) -> Iterator[Function]:
    """Every function of a service, in the order of deploy.names."""
    for name in FUNCTIONS[service]:
        kind, handler, memory, seconds = _FUNCTIONS[service, name]
        yield Function(service, name, kind, f"app.{handler}", memory, seconds)


def all_functions() -> list[Function]:
    """Every function of every service."""
    return [one for service in FUNCTIONS for one in functions_of(service)]
