"""The web application firewall before everything: known attackers, known tricks, and rates per address.

What people write (titles, messages) may look like an attack and is none, so the rules that read bodies only count. Paths and queries carry tokens: the log has
neither, and only what was blocked.
"""

from typing import Any, Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from deploy.names import prefix
from deploy.stacks.log_days import retention
from deploy.stage import Stage

# Requests of one address in 5 minutes. A whole office may come from one; its pages and lists stay far below.
RATE: Final = 20_000
# On open routes: sign-in, links, codes. Twice what the services themselves allow an address (600 a minute).
OPEN_RATE: Final = 6_000
_OPEN: Final = ("/auth/", "/p/", "/fetch/")
_MANAGED: Final[dict[str, tuple[str, ...]]] = {
    "AWSManagedRulesAmazonIpReputationList": (),
    "AWSManagedRulesKnownBadInputsRuleSet": (),
    "AWSManagedRulesCommonRuleSet": (
        "CrossSiteScripting_BODY",
        "EC2MetaDataSSRF_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
        "NoUserAgent_HEADER",
        "SizeRestrictions_BODY",
    ),
}


class Firewall(Construct):
    """``arn`` is what a distribution of us-east-1 takes."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        rules = [_rate("rate", 0, RATE, None), _rate("open-rate", 1, OPEN_RATE, _open())]
        rules += [_managed(name, number, counted) for number, (name, counted) in enumerate(_MANAGED.items(), start=2)]
        acl = waf.CfnWebACL(
            self,
            "Rules",
            name=prefix(stage),
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow=waf.CfnWebACL.AllowActionProperty()),
            rules=rules,
            visibility_config=_seen("firewall"),
        )
        self.arn = acl.attr_arn
        # The name must begin so (https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html).
        group = logs.LogGroup(
            self,
            "Blocked",
            log_group_name=f"aws-waf-logs-{prefix(stage)}",
            retention=retention(stage.log_days),
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=acl.attr_arn,
            log_destination_configs=[
                f"arn:aws:logs:us-east-1:{stage.account}:log-group:aws-waf-logs-{prefix(stage)}",
            ],
            redacted_fields=_redacted(),
            logging_filter=_blocked_only(),
        ).add_resource_dependency(group.node.default_child)  # type: ignore[arg-type]


def _rate(name: str, priority: int, limit: int, scope: Any) -> waf.CfnWebACL.RuleProperty:
    statement = waf.CfnWebACL.RateBasedStatementProperty(
        limit=limit, aggregate_key_type="IP", evaluation_window_sec=300, scope_down_statement=scope
    )
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        # 429 says it as the services say it, so that clients wait and go on.
        action=waf.CfnWebACL.RuleActionProperty(
            block=waf.CfnWebACL.BlockActionProperty(
                custom_response=waf.CfnWebACL.CustomResponseProperty(
                    response_code=429,
                    response_headers=[waf.CfnWebACL.CustomHTTPHeaderProperty(name="Retry-After", value="60")],
                )
            )
        ),
        statement=waf.CfnWebACL.StatementProperty(rate_based_statement=statement),
        visibility_config=_seen(name),
    )


def _open() -> waf.CfnWebACL.StatementProperty:
    return waf.CfnWebACL.StatementProperty(
        or_statement=waf.CfnWebACL.OrStatementProperty(
            statements=[
                waf.CfnWebACL.StatementProperty(
                    byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
                        field_to_match=waf.CfnWebACL.FieldToMatchProperty(uri_path={}),
                        positional_constraint="STARTS_WITH",
                        search_string=start,
                        text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
                    )
                )
                for start in _OPEN
            ]
        )
    )


def _managed(name: str, priority: int, counted: tuple[str, ...]) -> waf.CfnWebACL.RuleProperty:
    overrides = [
        waf.CfnWebACL.RuleActionOverrideProperty(
            name=rule, action_to_use=waf.CfnWebACL.RuleActionProperty(count=waf.CfnWebACL.CountActionProperty())
        )
        for rule in counted
    ]
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=name, rule_action_overrides=overrides or None
            )
        ),
        visibility_config=_seen(name),
    )


def _seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    """Counted; no samples of requests, which would show paths."""
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )


def _redacted() -> list[waf.CfnLoggingConfiguration.FieldToMatchProperty]:
    field = waf.CfnLoggingConfiguration.FieldToMatchProperty
    names = ("authorization", "cookie", "referer")
    return [field(uri_path={}), field(query_string={}), *(field(single_header={"Name": name}) for name in names)]


def _blocked_only() -> dict[str, Any]:
    conditions = [{"ActionCondition": {"Action": "BLOCK"}}]
    kept = {"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": conditions}
    return {"DefaultBehavior": "DROP", "Filters": [kept]}
