"""Allowed or denied: every policy that speaks of a request, in the order of the IAM User Guide.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html

Not modelled: resource control policies, VPC endpoint policies, S3 access control lists, service-linked roles (SCPs do not bind these), and
the management account (nor that). A caller's tags and ARN stand in ``Request.context`` under their keys, as IAM puts them there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from deploy.tenants.policy.grants import Caller, Grant, granted
from deploy.tenants.policy.matching import Context
from deploy.tenants.policy.statement import Document, Statement, statements

Verdict = Literal["allowed", "explicit_deny", "implicit_deny"]


@dataclass(frozen=True)
class Request:
    """One action on one resource. ``context`` has condition keys in any case; ``owner`` is the account of the resource, empty: the caller's."""

    caller: Caller
    action: str
    resource: str
    context: Context = field(default_factory=dict)
    owner: str = ""

    @property
    def crosses(self) -> bool:
        """Whether the resource is of another account."""
        return bool(self.owner) and self.owner != self.caller.account


@dataclass(frozen=True)
class Policies:
    """What applies to a request.

    ``organisation``: the SCPs of each level, the root first; empty outside an organisation. ``resource_decides``: KMS keys and trust policies of
    roles, where nothing is allowed that the resource's own policy does not allow.
    """

    identity: tuple[Document, ...] = ()
    resource: tuple[Document, ...] = ()
    boundary: tuple[Document, ...] | None = None
    session: tuple[Document, ...] | None = None
    organisation: tuple[tuple[Document, ...], ...] = ()
    resource_decides: bool = False


@dataclass(frozen=True)
class Decision:
    """``why`` names the policy and the statement that decided."""

    verdict: Verdict
    why: str

    @property
    def allowed(self) -> bool:
        return self.verdict == "allowed"


def decide(request: Request, policies: Policies) -> Decision:
    """What IAM answers. Raises PolicyUnknown for what this model does not know."""
    context = {key.lower(): value for key, value in request.context.items()}
    denial = _explicit_denial(request, policies, context)
    if denial is not None:
        return denial
    for level, documents in enumerate(policies.organisation):
        if not _allows(documents, request, context):
            return _implicit(f"no service control policy of level {level}")
    grant = _grant(request, policies, context)
    if (request.crosses or policies.resource_decides) and grant is Grant.NONE:
        return _implicit("the resource's policy")
    if grant is Grant.EXACT and not request.crosses:
        return Decision("allowed", "the resource's policy names the caller")
    for name, limit in (("the permissions boundary", policies.boundary), ("the session policy", policies.session)):
        if limit is not None and not _allows(limit, request, context):
            return _implicit(name)
    if grant is Grant.ROLE and not request.crosses:
        return Decision("allowed", "the resource's policy names the role")
    if not _allows(policies.identity, request, context):
        return _implicit("no policy of the caller")
    return Decision("allowed", "a policy of the caller")


def _explicit_denial(request: Request, policies: Policies, context: Context) -> Decision | None:
    every = (
        ("service control policy", (one for level in policies.organisation for one in level)),
        ("policy of the caller", policies.identity),
        ("permissions boundary", policies.boundary or ()),
        ("session policy", policies.session or ()),
    )
    for name, documents in every:
        for found in _speaking(documents, request, context):
            if found.effect == "Deny":
                return Decision("explicit_deny", f"{name}: {found.name}")
    for found in _speaking(policies.resource, request, context):
        if found.effect == "Deny" and _to_caller(found, request.caller):
            return Decision("explicit_deny", f"policy of the resource: {found.name}")
    return None


def _grant(request: Request, policies: Policies, context: Context) -> Grant:
    levels = [
        _to_caller(found, request.caller)
        for found in _speaking(policies.resource, request, context)
        if found.effect == "Allow"
    ]
    return max(levels, default=Grant.NONE)


def _to_caller(found: Statement, caller: Caller) -> Grant:
    return granted(found.body["Principal"], caller)


def _allows(documents: Iterable[Document], request: Request, context: Context) -> bool:
    return any(found.effect == "Allow" for found in _speaking(documents, request, context))


def _speaking(documents: Iterable[Document], request: Request, context: Context) -> list[Statement]:
    return [one for one in statements(documents) if one.speaks_of(request.action, request.resource, context)]


def _implicit(why: str) -> Decision:
    return Decision("implicit_deny", f"{why} allows it" if why.startswith("no ") else f"{why} does not allow it")
