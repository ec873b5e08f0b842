"""Worked examples of how kinds of policies meet, and of elements that turn a statement round."""

from typing import Any

from deploy.tenants.policy.decision import Policies, Request, Verdict
from deploy.tenants.policy.grants import Caller
from deploy.tenants.policy.matching import Value
from tests.deploy.tenants.example import (
    ANA,
    DYNAMODB,
    GUIDE,
    ORGANISATIONS,
    ROLE,
    Example,
    allow,
    ask,
    deny,
    policy,
    with_keys,
)


def kinds() -> list[Example]:
    """How the kinds of policies meet."""
    basics = GUIDE + "reference_policies_evaluation-logic_policy-eval-basics.html"
    denyallow = GUIDE + "reference_policies_evaluation-logic_policy-eval-denyallow.html"
    boundaries = GUIDE + "access_policies_boundaries.html"
    sessions = GUIDE + "access_policies.html#policies_session"
    crossing = GUIDE + "reference_policies_evaluation-logic-cross-account.html"
    scps = ORGANISATIONS + "orgs_manage_policies_scps_evaluation.html"
    carlos = Caller(arn="arn:aws:iam::111122223333:user/carlossalazar")
    logs = "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar-logs"
    his = policy(
        {
            "Sid": "AllowS3ListRead",
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:ListAllMyBuckets"],
            "Resource": "arn:aws:s3:::*",
        },
        {
            "Sid": "AllowS3Self",
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": [
                "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/*",
                "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar",
            ],
        },
        {"Sid": "DenyS3Logs", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*log*"},
    )
    on_bucket = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": carlos.arn},
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/*"],
        }
    )
    everything = policy(allow("*"))
    on_shared = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": carlos.arn},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::shared/*",
        }
    )
    to_role = policy({"Effect": "Allow", "Principal": {"AWS": ROLE.arn}, "Action": "s3:GetObject", "Resource": "*"})
    to_session = policy(
        {"Effect": "Allow", "Principal": {"AWS": ROLE.session}, "Action": "s3:GetObject", "Resource": "*"}
    )
    to_account = policy(
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "*"}
    )
    limit = policy(allow(["s3:*", "cloudwatch:*", "ec2:*"]))
    only_get = policy(allow("s3:GetObject"))
    get = ask("s3:GetObject", "arn:aws:s3:::b/x", ROLE)
    theirs = ask("s3:GetObject", "arn:aws:s3:::b/x", ROLE, owner="444455556666")
    full = (everything,)
    return [
        Example(
            "his own bucket",
            basics,
            ask("s3:PutObject", "arn:aws:s3:::amzn-s3-demo-bucket-carlossalazar/f", carlos),
            Policies((his,), (on_bucket,)),
            "allowed",
        ),
        Example(
            "a bucket of logs: an explicit deny wins over the bucket's allow",
            basics,
            ask("s3:PutObject", logs + "/f", carlos),
            Policies(
                (his,),
                (
                    policy(
                        {"Effect": "Allow", "Principal": {"AWS": carlos.arn}, "Action": "s3:*", "Resource": logs + "/*"}
                    ),
                ),
            ),
            "explicit_deny",
        ),
        Example(
            "a third bucket",
            basics,
            ask("s3:PutObject", "arn:aws:s3:::other/f", carlos),
            Policies((his,)),
            "implicit_deny",
        ),
        Example(
            "the bucket's policy alone is enough in one account",
            basics,
            ask("s3:PutObject", "arn:aws:s3:::shared/f", carlos),
            Policies((his,), (on_shared,)),
            "allowed",
        ),
        Example("nothing said", denyallow, get, Policies(), "implicit_deny"),
        Example(
            "the boundary limits: iam is beyond it",
            boundaries,
            ask("iam:CreateUser", "*", ANA),
            Policies((policy(allow("iam:CreateUser")),), boundary=(limit,)),
            "implicit_deny",
        ),
        Example(
            "the boundary alone gives nothing",
            boundaries,
            ask("s3:GetObject", "arn:aws:s3:::b/x", ANA),
            Policies(boundary=(limit,)),
            "implicit_deny",
        ),
        Example(
            "within both",
            boundaries,
            ask("s3:GetObject", "arn:aws:s3:::b/x", ANA),
            Policies((only_get,), boundary=(limit,)),
            "allowed",
        ),
        Example(
            "a grant to the role stays within its boundary",
            denyallow,
            get,
            Policies((), (to_role,), boundary=(policy(allow("ec2:*")),)),
            "implicit_deny",
        ),
        Example(
            "a grant to the session does not",
            denyallow,
            get,
            Policies((), (to_session,), boundary=(policy(allow("ec2:*")),)),
            "allowed",
        ),
        Example(
            "a grant to the account still needs the role's own policy",
            basics,
            get,
            Policies((), (to_account,)),
            "implicit_deny",
        ),
        Example(
            "and is enough with it where the resource decides",
            basics,
            get,
            Policies((only_get,), (to_account,), resource_decides=True),
            "allowed",
        ),
        Example(
            "a session policy limits the role",
            sessions,
            ask("s3:PutObject", "arn:aws:s3:::b/x", ROLE),
            Policies(full, session=(only_get,)),
            "implicit_deny",
        ),
        Example("and leaves what both allow", sessions, get, Policies(full, session=(only_get,)), "allowed"),
        Example(
            "another account's object: both sides allow",
            crossing,
            theirs,
            Policies((only_get,), (to_account,)),
            "allowed",
        ),
        Example("only the caller's side allows", crossing, theirs, Policies((only_get,)), "implicit_deny"),
        Example("only the owner's side allows", crossing, theirs, Policies((), (to_role,)), "implicit_deny"),
        Example("an SCP on every level allows", scps, get, Policies(full, organisation=(full, full, full)), "allowed"),
        Example(
            "one level without an allow",
            scps,
            get,
            Policies(full, organisation=(full, (policy(allow("ec2:*")),), full)),
            "implicit_deny",
        ),
        Example("an SCP gives nothing by itself", scps, get, Policies((), organisation=(full, full)), "implicit_deny"),
        Example(
            "a deny in an SCP",
            scps,
            get,
            Policies(full, organisation=((everything, policy(deny("s3:*"))), full)),
            "explicit_deny",
        ),
        Example(
            "an SCP binds a resource policy's grant too",
            scps,
            get,
            Policies((), (to_session,), organisation=((policy(allow("ec2:*")),),)),
            "implicit_deny",
        ),
    ]


def elements() -> list[Example]:
    """NotAction, NotResource, Regions, and DynamoDB's own pages."""
    not_action = GUIDE + "reference_policies_elements_notaction.html"
    not_resource = GUIDE + "reference_policies_elements_notresource.html"
    regions = ORGANISATIONS + "orgs_manage_policies_scps_examples_general.html"
    conditions = DYNAMODB + "specifying-conditions.html"
    transactions = DYNAMODB + "transaction-apis-iam.html"
    but_iam = policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    but_hr = policy(
        allow("*"),
        {
            "Effect": "Deny",
            "Action": "s3:*",
            "NotResource": ["arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"],
        },
    )
    region = policy(
        allow("*"),
        {
            "Effect": "Deny",
            "NotAction": ["iam:*", "cloudfront:*", "route53:*"],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}},
        },
    )
    scores = "arn:aws:dynamodb:us-west-2:123456789012:table/GameScores"
    games = policy(
        allow(
            ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem"],
            [scores],
            Condition={
                "ForAllValues:StringEquals": {
                    "dynamodb:LeadingKeys": ["${www.amazon.com:user_id}"],
                    "dynamodb:Attributes": ["UserId", "TopScore"],
                },
                "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
            },
        )
    )
    table4 = "arn:aws:dynamodb:us-west-2:111122223333:table/table04"
    in_one = policy(
        allow(
            ["dynamodb:PutItem"],
            [table4],
            Condition={
                "ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactWriteItems", "TransactGetItems"]}
            },
        )
    )
    own: dict[str, Value] = {
        "www.amazon.com:user_id": "ana",
        "dynamodb:LeadingKeys": ("ana",),
        "dynamodb:Attributes": ("UserId", "TopScore"),
    }
    query = ask("dynamodb:Query", scores)

    def row(
        name: str,
        page: str,
        request: Request,
        document: dict[str, Any],
        verdict: Verdict,
        context: dict[str, Value] | None = None,
    ) -> Example:
        return Example(name, page, with_keys(request, context or {}), Policies((document,)), verdict)

    return [
        row("NotAction leaves out", not_action, ask("iam:CreateUser"), but_iam, "implicit_deny"),
        row("NotAction lets the rest", not_action, ask("s3:ListAllMyBuckets"), but_iam, "allowed"),
        row(
            "NotResource spares what it names",
            not_resource,
            ask("s3:GetObject", "arn:aws:s3:::HRBucket/Payroll/2026"),
            but_hr,
            "allowed",
        ),
        row(
            "NotResource denies the rest",
            not_resource,
            ask("s3:GetObject", "arn:aws:s3:::HRBucket/Other"),
            but_hr,
            "explicit_deny",
        ),
        row(
            "outside the Regions",
            regions,
            ask("ec2:RunInstances"),
            region,
            "explicit_deny",
            {"aws:RequestedRegion": "us-east-1"},
        ),
        row("inside them", regions, ask("ec2:RunInstances"), region, "allowed", {"aws:RequestedRegion": "eu-west-1"}),
        row("a global service", regions, ask("iam:ListRoles"), region, "allowed", {"aws:RequestedRegion": "us-east-1"}),
        row("own items", conditions, query, games, "allowed", dict(own)),
        row("another's", conditions, query, games, "implicit_deny", {**own, "dynamodb:LeadingKeys": ("taro",)}),
        row(
            "own and another's together",
            conditions,
            query,
            games,
            "implicit_deny",
            {**own, "dynamodb:LeadingKeys": ("ana", "taro")},
        ),
        row(
            "an attribute too many",
            conditions,
            query,
            games,
            "implicit_deny",
            {**own, "dynamodb:Attributes": ("UserId", "Wins")},
        ),
        row("all attributes", conditions, query, games, "implicit_deny", {**own, "dynamodb:Select": "ALL_ATTRIBUTES"}),
        row(
            "the example as it stands lets a request without keys through",
            conditions,
            query,
            games,
            "allowed",
            {"www.amazon.com:user_id": "ana"},
        ),
        row(
            "in a transaction",
            transactions,
            ask("dynamodb:PutItem", table4),
            in_one,
            "allowed",
            {"dynamodb:EnclosingOperation": "TransactWriteItems"},
        ),
        row("alone", transactions, ask("dynamodb:PutItem", table4), in_one, "implicit_deny"),
    ]
