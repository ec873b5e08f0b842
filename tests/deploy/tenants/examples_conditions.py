"""Worked examples of conditions: sets, negation, operators, variables."""

from typing import Any

from deploy.tenants.policy.decision import Policies, Request, Verdict
from deploy.tenants.policy.matching import Value
from tests.deploy.tenants.example import ANA, GUIDE, Example, allow, ask, deny, policy, with_keys


def tagging() -> list[Example]:
    """ "Multivalued context key examples": a Deny of iam:Tag* beside an Allow, for each row of the two tables."""
    rows: list[tuple[str, Any, tuple[str, ...] | None, bool]] = [
        ("ForAllValues:StringNotLike", "key1*", ("key1:legal",), False),
        ("ForAllValues:StringNotLike", "key1*", ("key1:hr", "key1:personnel"), False),
        ("ForAllValues:StringNotLike", "key1*", ("key2:audit",), True),
        ("ForAllValues:StringNotLike", "key1*", None, True),
        ("ForAllValues:StringNotLike", ["key1*", "key2*"], ("key1:legal",), False),
        ("ForAllValues:StringNotLike", ["key1*", "key2*"], ("key1:hr", "key2:audit"), False),
        ("ForAllValues:StringNotLike", ["key1*", "key2*"], ("key3:legal",), True),
        ("ForAnyValue:StringEquals", "webserver", ("webserver",), True),
        ("ForAnyValue:StringEquals", "webserver", ("environment", "webserver", "test"), True),
        ("ForAnyValue:StringEquals", "webserver", ("environment",), False),
        ("ForAnyValue:StringEquals", "webserver", None, False),
        ("ForAnyValue:StringEquals", ["environment", "webserver"], ("environment",), True),
        ("ForAnyValue:StringEquals", ["environment", "webserver"], ("costcenter",), False),
    ]
    found = []
    for number, (operator, wanted, given, is_denied) in enumerate(rows):
        identity = policy(allow("iam:*"), deny("iam:Tag*", Condition={operator: {"aws:TagKeys": wanted}}))
        context: dict[str, Value] = {} if given is None else {"aws:TagKeys": given}
        found.append(
            Example(
                f"tag keys {number}: {operator} {wanted} of {given}",
                GUIDE + "reference_policies_condition_examples-multi-valued-context-keys.html",
                with_keys(ask("iam:TagUser", ANA.arn), context),
                Policies((identity,)),
                "explicit_deny" if is_denied else "allowed",
            )
        )
    return found


def conditions() -> list[Example]:
    """ "Conditions with multiple context keys or values", and the pages of operators and variables."""
    logic = GUIDE + "reference_policies_condition-logic-multiple-context-keys-or-values.html"
    operators = GUIDE + "reference_policies_elements_condition_operators.html"
    variables = GUIDE + "reference_policies_variables.html"
    listing = policy(
        allow(
            "s3:ListBucket",
            "arn:aws:s3:::amzn-s3-demo-bucket",
            Condition={
                "StringEquals": {
                    "aws:PrincipalTag/department": ["finance", "hr", "legal"],
                    "aws:PrincipalTag/role": ["audit", "security"],
                },
                "ArnLike": {
                    "aws:PrincipalArn": ["arn:aws:iam::222222222222:user/Ana", "arn:aws:iam::222222222222:user/Mary"]
                },
            },
        )
    )
    both = {
        "aws:PrincipalTag/department": "legal",
        "aws:PrincipalTag/role": "audit",
        "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Mary",
    }
    bucket = ask("s3:ListBucket", "arn:aws:s3:::amzn-s3-demo-bucket")
    mfa = policy(allow("*"), deny("ec2:*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}))
    team = policy(
        allow(
            "s3:ListBucket",
            "arn:aws:s3:::amzn-s3-demo-bucket",
            Condition={"StringLike": {"s3:prefix": ["${aws:PrincipalTag/team, 'company-wide'}/*"]}},
        )
    )
    star = policy(allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}/a${*}b"))
    not_tags = policy(
        allow("s3:GetObject", Condition={"StringNotEquals": {"aws:PrincipalTag/role": ["audit", "security"]}})
    )
    types = policy(
        allow("ec2:RunInstances", Condition={"StringLikeIfExists": {"ec2:InstanceType": ["t1.*", "t2.*", "m3.*"]}})
    )
    token = policy(allow("ec2:*", Condition={"Null": {"aws:TokenIssueTime": "true"}}))
    date = policy(
        allow(
            "s3:*",
            Condition={
                "DateGreaterThan": {"aws:CurrentTime": "2020-04-01T00:00:00Z"},
                "DateLessThan": {"aws:CurrentTime": "2020-06-30T23:59:59Z"},
            },
        )
    )
    address = policy(
        deny(
            "*",
            Condition={
                "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]},
                "Bool": {"aws:ViaAWSService": "false"},
            },
        ),
        allow("*"),
    )
    size = policy(allow("s3:ListBucket", Condition={"NumericLessThanEquals": {"s3:max-keys": "10"}}))

    def row(
        name: str, page: str, request: Request, document: dict[str, Any], verdict: Verdict, context: dict[str, Value]
    ) -> Example:
        return Example(name, page, with_keys(request, context), Policies((document,)), verdict)

    get = ask("s3:GetObject", "arn:aws:s3:::b/ana/a*b")
    anywhere = ask("s3:PutObject", "arn:aws:s3:::b/x")
    return [
        row("every key of every operator fits", logic, bucket, listing, "allowed", dict(both)),
        row(
            "one key of two does not",
            logic,
            bucket,
            listing,
            "implicit_deny",
            {**both, "aws:PrincipalTag/role": "sales"},
        ),
        row(
            "one key is missing",
            logic,
            bucket,
            listing,
            "implicit_deny",
            {k: v for k, v in both.items() if k != "aws:PrincipalTag/role"},
        ),
        row(
            "another principal",
            logic,
            bucket,
            listing,
            "implicit_deny",
            {**both, "aws:PrincipalArn": "arn:aws:iam::222222222222:user/Nikki"},
        ),
        row(
            "negated: one of the values is there",
            logic,
            get,
            not_tags,
            "implicit_deny",
            {"aws:PrincipalTag/role": "security"},
        ),
        row("negated: none of them is", logic, get, not_tags, "allowed", {"aws:PrincipalTag/role": "sales"}),
        row("negated: the key is missing", operators, get, not_tags, "allowed", {}),
        row(
            "IfExists: missing",
            operators,
            ask("ec2:RunInstances", "arn:aws:ec2:us-east-1:1:subnet/a"),
            types,
            "allowed",
            {},
        ),
        row(
            "IfExists: fits",
            operators,
            ask("ec2:RunInstances", "arn:aws:ec2:us-east-1:1:instance/*"),
            types,
            "allowed",
            {"ec2:InstanceType": "t2.micro"},
        ),
        row(
            "IfExists: does not fit",
            operators,
            ask("ec2:RunInstances", "arn:aws:ec2:us-east-1:1:instance/*"),
            types,
            "implicit_deny",
            {"ec2:InstanceType": "p5.large"},
        ),
        row(
            "BoolIfExists: long-term keys carry no key, so they are denied",
            operators,
            ask("ec2:StopInstances"),
            mfa,
            "explicit_deny",
            {},
        ),
        row(
            "BoolIfExists: without MFA",
            operators,
            ask("ec2:StopInstances"),
            mfa,
            "explicit_deny",
            {"aws:MultiFactorAuthPresent": "false"},
        ),
        row(
            "BoolIfExists: with MFA",
            operators,
            ask("ec2:StopInstances"),
            mfa,
            "allowed",
            {"aws:MultiFactorAuthPresent": "true"},
        ),
        row("Null true: long-term keys", operators, ask("ec2:StopInstances"), token, "allowed", {}),
        row(
            "Null true: temporary keys",
            operators,
            ask("ec2:StopInstances"),
            token,
            "implicit_deny",
            {"aws:TokenIssueTime": "2026-01-01T00:00:00Z"},
        ),
        row("between two dates", operators, anywhere, date, "allowed", {"aws:CurrentTime": "2020-05-01T12:00:00Z"}),
        row(
            "after both dates", operators, anywhere, date, "implicit_deny", {"aws:CurrentTime": "2020-07-01T00:00:00Z"}
        ),
        row(
            "an address inside",
            operators,
            anywhere,
            address,
            "allowed",
            {"aws:SourceIp": "203.0.113.9", "aws:ViaAWSService": "false"},
        ),
        row(
            "an address outside",
            operators,
            anywhere,
            address,
            "explicit_deny",
            {"aws:SourceIp": "198.51.100.1", "aws:ViaAWSService": "false"},
        ),
        row("a number that is too large", operators, bucket, size, "implicit_deny", {"s3:max-keys": "11"}),
        row("a number that is not", operators, bucket, size, "allowed", {"s3:max-keys": "10"}),
        row("a variable's default", variables, bucket, team, "allowed", {"s3:prefix": "company-wide/x"}),
        row(
            "a variable's value",
            variables,
            bucket,
            team,
            "allowed",
            {"s3:prefix": "red/x", "aws:PrincipalTag/team": "red"},
        ),
        row(
            "the default no longer",
            variables,
            bucket,
            team,
            "implicit_deny",
            {"s3:prefix": "company-wide/x", "aws:PrincipalTag/team": "red"},
        ),
        row("a star that is a star", variables, get, star, "allowed", {"aws:username": "ana"}),
        row(
            "and no wildcard",
            variables,
            ask("s3:GetObject", "arn:aws:s3:::b/ana/a123b"),
            star,
            "implicit_deny",
            {"aws:username": "ana"},
        ),
        row("a variable without value and default", variables, get, star, "implicit_deny", {}),
    ]
