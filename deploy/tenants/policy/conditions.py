"""The Condition element: operators are joined by AND, keys of one by AND, values of one key by OR (NOR where it is negated).

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html

A missing key: false for an operator that matches, true for one that is negated, true with IfExists; true under ForAllValues, whether
negated or not, and false under ForAnyValue. That ForAllValues holds for nothing at all is why a Null check stands beside it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from deploy.tenants.policy.matching import Context, resolved
from deploy.tenants.policy.operators import Operator, PolicyUnknown, operator

_SETS = ("ForAllValues:", "ForAnyValue:")


def condition_holds(condition: Mapping[str, Mapping[str, Any]], context: Context, *, variables: bool) -> bool:
    """Whether every operator holds for the request. ``context`` has keys in lower case. Raises Unresolved, PolicyUnknown."""
    return all(
        _holds(name, key, _texts(wanted), context, variables=variables)
        for name, keys in condition.items()
        for key, wanted in keys.items()
    )


def texts(value: Any) -> tuple[str, ...]:
    """A JSON value or list of them as texts: numbers and booleans may stand without quotes."""
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in values)


_texts = texts


def _holds(name: str, key: str, wanted: Sequence[str], context: Context, *, variables: bool) -> bool:
    prefix = next((one for one in _SETS if name.startswith(one)), "")
    base = name.removeprefix(prefix)
    given = context.get(key.lower())
    if base == "Null":
        if prefix:
            raise PolicyUnknown(f"{name}: Null takes no set")
        return any((one.lower() == "true") == (not given) for one in wanted)
    if_exists = base.endswith("IfExists")
    found = operator(base.removesuffix("IfExists"))
    patterns = [resolved(one, context, variables=variables) for one in wanted]
    # A multivalued key without a value is as good as missing.
    if given is None or given == ():
        if if_exists and prefix == "ForAnyValue:":
            raise PolicyUnknown(f"{name} on {key}: the one says false where the key is missing, the other true")
        return if_exists or prefix == "ForAllValues:" or (not prefix and found.negated)
    if not prefix:
        if not isinstance(given, str):
            raise PolicyUnknown(f"{name} on {key}: a key of several values needs ForAllValues or ForAnyValue")
        return _fits(found, given, patterns)
    several = (given,) if isinstance(given, str) else given
    fitting = (_fits(found, one, patterns) for one in several)
    return all(fitting) if prefix == "ForAllValues:" else any(fitting)


def _fits(found: Operator, given: str, patterns: Sequence[str]) -> bool:
    return any(found.compare(given, one) for one in patterns) != found.negated
