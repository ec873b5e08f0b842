"""The firewall of the APIs in the stage's own Region: whoever does not show the front's key went around CloudFront, and gets no further.

The services refuse such requests too (chalicelib/api/front.py); here they cost no function.
"""

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from deploy.names import prefix
from deploy.stacks.front import front_key
from deploy.stage import Stage


class Guard(Construct):
    """``arn`` is what an API's stage is put behind."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        acl = waf.CfnWebACL
        made = acl(
            self,
            "Rules",
            name=f"{prefix(stage)}-apis",
            scope="REGIONAL",
            default_action=acl.DefaultActionProperty(block={}),
            rules=[
                acl.RuleProperty(
                    name="known-bad-inputs",
                    priority=0,
                    override_action=acl.OverrideActionProperty(none={}),
                    statement=acl.StatementProperty(
                        managed_rule_group_statement=acl.ManagedRuleGroupStatementProperty(
                            vendor_name="AWS", name="AWSManagedRulesKnownBadInputsRuleSet"
                        )
                    ),
                    visibility_config=_seen("known-bad-inputs"),
                ),
                acl.RuleProperty(
                    name="front",
                    priority=1,
                    action=acl.RuleActionProperty(allow={}),
                    statement=acl.StatementProperty(
                        byte_match_statement=acl.ByteMatchStatementProperty(
                            field_to_match=acl.FieldToMatchProperty(single_header={"Name": "x-fumibako-front"}),
                            positional_constraint="EXACTLY",
                            search_string=front_key(stage),
                            text_transformations=[acl.TextTransformationProperty(priority=0, type="NONE")],
                        )
                    ),
                    visibility_config=_seen("front"),
                ),
            ],
            visibility_config=_seen("apis"),
        )
        self.arn: str = made.attr_arn


def _seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    """Counted, but without samples of requests, which would show the key."""
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
