"""One statement of a policy, and whether it speaks of a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from deploy.tenants.policy.conditions import condition_holds, texts
from deploy.tenants.policy.matching import Context, Unresolved, arn_matches, matches, resolved
from deploy.tenants.policy.operators import PolicyUnknown

Document = Mapping[str, Any]
_ELEMENTS: Final = frozenset(
    ("Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
# Versions before 2012-10-17 know no variables: "${aws:username}" is text there.
_WITH_VARIABLES: Final = "2012-10-17"


@dataclass(frozen=True)
class Statement:
    """``number`` is its place in the policy, for messages where it has no Sid."""

    effect: Literal["Allow", "Deny"]
    body: Document
    number: int
    variables: bool

    @property
    def name(self) -> str:
        return str(self.body.get("Sid", f"statement {self.number}"))

    def speaks_of(self, action: str, resource: str, context: Context) -> bool:
        """Whether action, resource and conditions fit. A variable without a value makes the statement speak of nothing."""
        try:
            return (
                self._action_fits(action)
                and self._resource_fits(resource, context)
                and condition_holds(self.body.get("Condition", {}), context, variables=self.variables)
            )
        except Unresolved:
            return False

    def _action_fits(self, action: str) -> bool:
        wanted, negated = self._either("Action")
        return any(matches(one.lower(), action.lower()) for one in wanted) != negated

    def _resource_fits(self, resource: str, context: Context) -> bool:
        if "Resource" not in self.body and "NotResource" not in self.body:
            return "Principal" in self.body  # A trust policy speaks of the role that it is attached to.
        wanted, negated = self._either("Resource")
        return any(self._names(one, resource, context) for one in wanted) != negated

    def _names(self, wanted: str, resource: str, context: Context) -> bool:
        pattern = resolved(wanted, context, variables=self.variables)
        return pattern in ("*", resource) or arn_matches(pattern, resource)

    def _either(self, element: str) -> tuple[tuple[str, ...], bool]:
        """The values of the element or of its Not form, and which it was."""
        if element in self.body:
            return texts(self.body[element]), False
        return texts(self.body[f"Not{element}"]), True


def statements(documents: Iterable[Document]) -> list[Statement]:
    """Every statement of some policies. Raises PolicyUnknown for elements that this model does not know."""
    found = []
    for document in documents:
        bodies = document["Statement"]
        for number, body in enumerate(bodies if isinstance(bodies, list) else [bodies], 1):
            unknown = body.keys() - _ELEMENTS
            if unknown:
                raise PolicyUnknown(f"element {', '.join(sorted(unknown))}")
            if body["Effect"] not in ("Allow", "Deny"):
                raise PolicyUnknown(f"effect {body['Effect']}")
            if not {"Action", "NotAction"} & body.keys():
                raise PolicyUnknown(f"{body.get('Sid', number)}: neither Action nor NotAction")
            found.append(Statement(body["Effect"], body, number, document.get("Version") == _WITH_VARIABLES))
    return found
