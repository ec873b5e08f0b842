"""The model of IAM answers as AWS's documentation says, and refuses to guess."""

from typing import Any

import pytest

from deploy.tenants.policy.conditions import condition_holds
from deploy.tenants.policy.decision import Policies, Request, decide
from deploy.tenants.policy.grants import Caller, Grant, granted
from deploy.tenants.policy.matching import Value, arn_matches
from deploy.tenants.policy.operators import PolicyUnknown
from deploy.tenants.policy.statement import statements
from tests.deploy.tenants.example import ANA, ROLE, Example, allow, deny, policy
from tests.deploy.tenants.worked_examples import EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name)
def test_the_worked_examples_of_the_documentation(example: Example) -> None:
    assert decide(example.request, example.policies).verdict == example.verdict, example.page


def test_every_example_has_a_name_and_a_page_of_its_own_words() -> None:
    assert len({one.name for one in EXAMPLES}) == len(EXAMPLES) >= 70
    assert all(one.page.startswith("https://docs.aws.amazon.com/") for one in EXAMPLES)


HOLDS: list[tuple[dict[str, Any], dict[str, Value], bool]] = [
    ({"StringEqualsIgnoreCase": {"k": "ABC"}}, {"k": "abc"}, True),
    ({"StringEquals": {"k": "ABC"}}, {"k": "abc"}, False),
    ({"StringEquals": {"K": "a"}}, {"k": "a"}, True),
    ({"StringLike": {"k": "a?c"}}, {"k": "abc"}, True),
    ({"StringLike": {"k": "a?c"}}, {"k": "abbc"}, False),
    ({"StringLike": {"k": "a*"}}, {"k": "a\nb"}, True),
    ({"StringNotLike": {"k": ["a*", "b*"]}}, {"k": "c"}, True),
    ({"NumericEquals": {"k": 3}}, {"k": "3.0"}, True),
    ({"NumericNotEquals": {"k": "3"}}, {"k": "3"}, False),
    ({"NumericGreaterThanEquals": {"k": "3"}}, {"k": "3"}, True),
    ({"NumericGreaterThan": {"k": "3"}}, {"k": "many"}, False),
    ({"DateLessThanEquals": {"k": "1577836800"}}, {"k": "2020-01-01T00:00:00Z"}, True),
    ({"DateEquals": {"k": "2020-01-01"}}, {"k": "2020-01-01T00:00:00Z"}, True),
    ({"DateGreaterThanEquals": {"k": "soon"}}, {"k": "2020-01-01T00:00:00Z"}, False),
    ({"Bool": {"k": True}}, {"k": "true"}, True),
    ({"Bool": {"k": "true"}}, {}, False),
    ({"BinaryEquals": {"k": "QmlpbmFyeVZhbHVlSW5CYXNlNjQ="}}, {"k": "QmlpbmFyeVZhbHVlSW5CYXNlNjQ="}, True),
    ({"BinaryEquals": {"k": "QQ=="}}, {"k": "not base64"}, False),
    ({"IpAddress": {"k": "2001:db8::/32"}}, {"k": "2001:db8::1"}, True),
    ({"NotIpAddress": {"k": "192.0.2.0/24"}}, {"k": "nowhere"}, True),
    ({"ArnLike": {"k": "arn:aws:sns:*:111122223333:*"}}, {"k": "arn:aws:sns:eu-west-1:111122223333:t"}, True),
    ({"ArnEquals": {"k": "arn:aws:*:111122223333:t"}}, {"k": "arn:aws:sns:eu-west-1:111122223333:t"}, False),
    ({"ArnNotLike": {"k": "arn:aws:sns:*:1:*"}}, {}, True),
    ({"Null": {"k": "false"}}, {"k": ()}, False),
    ({"Null": {"k": ["true", "false"]}}, {}, True),
    ({"ForAllValues:StringEquals": {"k": "a"}}, {"k": ()}, True),
    ({"ForAllValues:StringEquals": {"k": "a"}, "Null": {"k": "false"}}, {"k": ()}, False),
    ({"ForAllValues:StringEquals": {"k": "a"}}, {"k": "a"}, True),
    ({"ForAnyValue:StringEquals": {"k": "a"}}, {"k": ()}, False),
    ({"ForAnyValue:StringNotEquals": {"k": "a"}}, {}, False),
    ({"ForAnyValue:StringNotEquals": {"k": "a"}}, {"k": ("a", "b")}, True),
    ({"StringLike": {"k": "${tag}/*"}}, {"k": "red/x", "tag": "red"}, True),
    ({"StringLike": {"k": "${tag}/*"}}, {"k": "red/x", "tag": "*"}, False),
    ({"StringLike": {"k": "${tag}/*"}}, {"k": "*/x", "tag": "*"}, True),
    ({"StringEquals": {"k": "${tag}"}}, {"k": "*", "tag": "*"}, True),
    ({"StringEquals": {"k": "${$}{tag}"}}, {"k": "${tag}", "tag": "red"}, True),
]


@pytest.mark.parametrize(("condition", "context", "expected"), HOLDS, ids=str)
def test_operators(condition: dict[str, Any], context: dict[str, Value], *, expected: bool) -> None:
    assert condition_holds(condition, context, variables=True) is expected


@pytest.mark.parametrize(
    ("condition", "context"),
    [
        ({"StringAlmost": {"k": "a"}}, {"k": "a"}),
        ({"ForAllValues:Null": {"k": "true"}}, {}),
        ({"StringEquals": {"k": "a"}}, {"k": ("a", "b")}),
        ({"ForAnyValue:StringEqualsIfExists": {"k": "a"}}, {}),
    ],
    ids=["an operator", "a set of Null", "several values without a set", "any of nothing, if it exists"],
)
def test_what_the_model_does_not_know_it_refuses(condition: dict[str, Any], context: dict[str, Value]) -> None:
    with pytest.raises(PolicyUnknown):
        condition_holds(condition, context, variables=True)


@pytest.mark.parametrize(
    "body",
    [
        {"Effect": "Allow", "Action": "*", "Resource": "*", "NotPrincipal": "*"},
        {"Effect": "Permit", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Resource": "*"},
    ],
    ids=["NotPrincipal", "effect", "no action"],
)
def test_statements_that_it_does_not_know(body: dict[str, Any]) -> None:
    with pytest.raises(PolicyUnknown):
        statements([policy(body)])


def test_an_old_version_knows_no_variables() -> None:
    document = {"Version": "2008-10-17", "Statement": allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}")}
    asked = Request(ANA, "s3:GetObject", "arn:aws:s3:::b/ana", {"aws:username": "ana"})
    assert decide(asked, Policies((document,))).verdict == "implicit_deny"
    assert decide(asked, Policies(({**document, "Version": "2012-10-17"},))).allowed


def test_a_star_stays_within_its_part_of_an_arn() -> None:
    assert arn_matches("arn:aws:s3:::b/*", "arn:aws:s3:::b/a:b/c")
    assert not arn_matches("arn:aws:*:b", "arn:aws:s3:::b")
    assert not arn_matches("arn:aws:dynamodb:*:1:table/a", "arn:aws:dynamodb:eu:2:1:table/a")


def test_who_a_principal_names() -> None:
    service = Caller(service="sns.amazonaws.com")
    assert granted("*", ROLE) is Grant.ROLE
    assert granted({"AWS": "*"}, ROLE) is Grant.ROLE
    assert granted({"AWS": "*"}, service) is Grant.NONE
    assert granted({"AWS": ["arn:aws:iam::111122223333:root"]}, ROLE) is Grant.ACCOUNT
    assert granted({"AWS": "444455556666"}, ROLE) is Grant.NONE
    assert granted({"AWS": ROLE.session}, ROLE) is Grant.EXACT
    assert granted({"Service": "sns.amazonaws.com"}, service) is Grant.EXACT
    assert granted({"Service": "sqs.amazonaws.com"}, service) is Grant.NONE
    for unknown in ({"Federated": "x"}, {"AWS": "arn:aws:iam::111122223333:role/*"}, "everyone"):
        with pytest.raises(PolicyUnknown):
            granted(unknown, ROLE)


def test_a_decision_says_which_statement_decided() -> None:
    document = policy(allow("s3:*"), deny("s3:DeleteObject", Sid="KeepBytes"))
    decision = decide(Request(ANA, "s3:DeleteObject", "arn:aws:s3:::b/x"), Policies((document,)))
    assert decision.why == "policy of the caller: KeepBytes"
