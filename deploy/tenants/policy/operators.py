"""What each condition operator compares: one value of the request with one value of the policy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import base64
import binascii
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from deploy.tenants.policy.matching import arn_matches, literal, matches


class PolicyUnknown(Exception):
    """The policy says something that this model does not know. The text names it."""


Comparison = Callable[[str, str], bool]


@dataclass(frozen=True)
class Operator:
    """``compare(given, wanted)``; ``negated``: true where no wanted value fits, and where the key is missing."""

    compare: Comparison
    negated: bool = False


def operator(name: str) -> Operator:
    """The operator of a base name, without set prefix and IfExists. Raises PolicyUnknown."""
    if name not in _OPERATORS:
        raise PolicyUnknown(f"condition operator {name}")
    return _OPERATORS[name]


def _equals(given: str, wanted: str) -> bool:
    return given == literal(wanted)


def _equals_ignoring_case(given: str, wanted: str) -> bool:
    return given.lower() == literal(wanted).lower()


def _like(given: str, wanted: str) -> bool:
    return matches(wanted, given)


def _arn(given: str, wanted: str) -> bool:
    return arn_matches(wanted, given)


def _number(ordered: Callable[[float, float], bool]) -> Comparison:
    def compare(given: str, wanted: str) -> bool:
        try:
            return ordered(float(given), float(literal(wanted)))
        except ValueError:
            return False

    return compare


def _date(ordered: Callable[[float, float], bool]) -> Comparison:
    def compare(given: str, wanted: str) -> bool:
        try:
            return ordered(_moment(given), _moment(literal(wanted)))
        except ValueError:
            return False

    return compare


def _moment(text: str) -> float:
    """Seconds since the epoch of a W3C date or of such a number (https://www.w3.org/TR/NOTE-datetime)."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _network(given: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(given) in ipaddress.ip_network(literal(wanted), strict=False)
    except ValueError:
        return False


def _binary(given: str, wanted: str) -> bool:
    try:
        return base64.b64decode(given, validate=True) == base64.b64decode(literal(wanted), validate=True)
    except binascii.Error:
        return False


def _pair(positive: str, negative: str, compare: Comparison) -> dict[str, Operator]:
    return {positive: Operator(compare), negative: Operator(compare, negated=True)}


_OPERATORS: Final[dict[str, Operator]] = {
    **_pair("StringEquals", "StringNotEquals", _equals),
    **_pair("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", _equals_ignoring_case),
    **_pair("StringLike", "StringNotLike", _like),
    **_pair("ArnEquals", "ArnNotEquals", _arn),
    **_pair("ArnLike", "ArnNotLike", _arn),
    **_pair("NumericEquals", "NumericNotEquals", _number(lambda a, b: a == b)),
    "NumericLessThan": Operator(_number(lambda a, b: a < b)),
    "NumericLessThanEquals": Operator(_number(lambda a, b: a <= b)),
    "NumericGreaterThan": Operator(_number(lambda a, b: a > b)),
    "NumericGreaterThanEquals": Operator(_number(lambda a, b: a >= b)),
    **_pair("DateEquals", "DateNotEquals", _date(lambda a, b: a == b)),
    "DateLessThan": Operator(_date(lambda a, b: a < b)),
    "DateLessThanEquals": Operator(_date(lambda a, b: a <= b)),
    "DateGreaterThan": Operator(_date(lambda a, b: a > b)),
    "DateGreaterThanEquals": Operator(_date(lambda a, b: a >= b)),
    "Bool": Operator(_equals_ignoring_case),
    "BinaryEquals": Operator(_binary),
    **_pair("IpAddress", "NotIpAddress", _network),
}
