"""CloudFront in front of everything: the page from a bucket, services and containers behind their paths, a firewall before all.

The stack stands in us-east-1, where CloudFront takes certificates, firewalls and logs from. It finds its origins by names alone (the API's host, the
downloads' host), because parameters do not reach from one Region to another.
"""

from typing import Any, ClassVar, Final

from aws_cdk import Environment, RemovalPolicy, Stack
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from deploy.names import WEB_REGION, blobs_bucket, downloads_host, page_bucket, prefix
from deploy.page_build import BuiltPage, read_page
from deploy.stacks.accepted import accept
from deploy.stacks.front import front_key
from deploy.stacks.sharing import tell
from deploy.stacks.web_alarms import WebAlarms
from deploy.stacks.web_certificate import host_certificate, point_names
from deploy.stacks.web_firewall import Firewall
from deploy.stacks.web_headers import policy_config
from deploy.stacks.web_key import web_key
from deploy.stacks.web_logs import AccessLog
from deploy.stacks.web_routes import ROUTES, to_page, to_services
from deploy.stage import Stage

# CloudFront's own policies (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html).
_CACHED: Final = "658327ea-f89d-4fab-a63d-7e88639e58f6"
_NEVER_CACHED: Final = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
_ALL_BUT_HOST: Final = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
# The longest that CloudFront waits for a byte; the services answer within 29 seconds, streams say something each moment.
_PATIENCE: Final = 60
# Where Japan's and the United Nations' sanctions forbid to serve at all. Recipients may be anywhere else.
CLOSED_TO: Final = ("KP",)
_READ: Final = ["GET", "HEAD"]
_ALL: Final = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
_Behaviors = cloudfront.CfnDistribution.CacheBehaviorProperty


class WebStack(Stack):
    """A distribution with everything that belongs to it. It holds nothing that can't be built again."""

    NEEDS: ClassVar[tuple[str, ...]] = ("front", "services")

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(
            scope, construct_id, **{**kwargs, "env": Environment(account=stage.account, region=WEB_REGION)}
        )
        self._stage = stage
        self._page = read_page()
        key = web_key(self, stage)
        firewall = Firewall(self, "Firewall", stage=stage, key=key)
        self._access = self._access_control()
        self._policies = self._header_policies()
        self._before_page = self._function("ToPage", to_page(self._page.routes))
        self._before_services = self._function("ToServices", to_services())
        distribution = self._distribution(firewall.arn)
        AccessLog(self, "AccessLog", stage=stage, distribution=distribution.ref, key=key)
        WebAlarms(self, "Alarms", stage=stage, distribution=distribution.ref, key=key)
        point_names(self, stage, distribution.attr_domain_name)
        tell(self, stage, "page-distribution-id", distribution.ref)

    def _distribution(self, firewall: str) -> cloudfront.CfnDistribution:
        stage = self._stage
        made = cloudfront.CfnDistribution(
            self,
            "Distribution",
            distribution_config=cloudfront.CfnDistribution.DistributionConfigProperty(
                enabled=True,
                comment=f"Fumibako {stage.name}",
                aliases=[stage.page_host, *stage.tenant_hosts],
                http_version="http2and3",
                ipv6_enabled=True,
                price_class="PriceClass_200",
                restrictions=cloudfront.CfnDistribution.RestrictionsProperty(
                    geo_restriction=cloudfront.CfnDistribution.GeoRestrictionProperty(
                        restriction_type="blacklist", locations=list(CLOSED_TO)
                    )
                ),
                web_acl_id=firewall,
                viewer_certificate=cloudfront.CfnDistribution.ViewerCertificateProperty(
                    acm_certificate_arn=host_certificate(self, stage),
                    ssl_support_method="sni-only",
                    minimum_protocol_version="TLSv1.2_2021",
                ),
                origins=self._origins(),
                default_cache_behavior=self._default(),
                cache_behaviors=[*self._to_services(), *self._to_files(self._page)],
            ),
        )
        test = "tests/deploy/stacks_b/test_web.py::test_the_access_log_has_no_path_no_query_and_no_address"
        reason = "Its older log would hold paths, and so tokens; the newer one writes chosen fields (web_logs.py)."
        for rule in ("AwsSolutions-CFR3", "CKV_AWS_86"):
            accept(made, rule, reason=reason, test=test)
        made.apply_removal_policy(RemovalPolicy.DESTROY)
        return made

    def _origins(self) -> list[cloudfront.CfnDistribution.OriginProperty]:
        properties = cloudfront.CfnDistribution
        key = [
            properties.OriginCustomHeaderProperty(header_name="X-Fumibako-Front", header_value=front_key(self._stage))
        ]
        # All services behind one host name: each is a base path of it (service_host.py).
        named = {"api": self._stage.api_host, "fetch": downloads_host(self._stage)}
        ours = [
            properties.OriginProperty(
                id=name,
                domain_name=host,
                origin_custom_headers=key,
                custom_origin_config=properties.CustomOriginConfigProperty(
                    origin_protocol_policy="https-only",
                    origin_ssl_protocols=["TLSv1.2"],
                    origin_read_timeout=_PATIENCE,
                    origin_keepalive_timeout=_PATIENCE,
                ),
            )
            for name, host in named.items()
        ]
        page = properties.OriginProperty(
            id="page",
            domain_name=f"{page_bucket(self._stage)}.s3.{self._stage.region}.amazonaws.com",
            origin_access_control_id=self._access.attr_id,
            s3_origin_config=properties.S3OriginConfigProperty(origin_access_identity=""),
        )
        return [*ours, page]

    def _default(self) -> cloudfront.CfnDistribution.DefaultCacheBehaviorProperty:
        return cloudfront.CfnDistribution.DefaultCacheBehaviorProperty(
            target_origin_id="page",
            viewer_protocol_policy="redirect-to-https",
            allowed_methods=_READ,
            compress=True,
            cache_policy_id=_CACHED,
            response_headers_policy_id=self._policies[self._page.default],
            function_associations=[self._association(self._before_page)],
        )

    def _to_files(self, page: BuiltPage) -> list[_Behaviors]:
        return [
            _Behaviors(
                path_pattern=pattern,
                target_origin_id="page",
                viewer_protocol_policy="redirect-to-https",
                allowed_methods=_READ,
                compress=True,
                cache_policy_id=_CACHED,
                response_headers_policy_id=self._policies[rule],
                function_associations=[self._association(self._before_page)],
            )
            for pattern, rule in page.addresses
        ]

    def _to_services(self) -> list[_Behaviors]:
        return [
            _Behaviors(
                path_pattern=pattern,
                target_origin_id=origin,
                # No redirect: what was sent to http has been seen, and a program would go on sending it.
                viewer_protocol_policy="https-only",
                allowed_methods=_ALL if origin == "api" else _READ,
                compress=False,
                cache_policy_id=_NEVER_CACHED,
                origin_request_policy_id=_ALL_BUT_HOST,
                function_associations=[self._association(self._before_services)],
            )
            for pattern, origin in ROUTES
        ]

    def _header_policies(self) -> dict[str, str]:
        blobs = f"https://{blobs_bucket(self._stage)}.s3.{self._stage.region}.amazonaws.com"
        return {
            pattern: cloudfront.CfnResponseHeadersPolicy(
                self,
                f"Headers{number}",
                response_headers_policy_config=policy_config(f"{prefix(self._stage)}-{number}", headers, blobs=blobs),
            ).ref
            for number, (pattern, headers) in enumerate(self._page.rules)
        }

    def _access_control(self) -> cloudfront.CfnOriginAccessControl:
        """By this CloudFront signs its requests to the page's bucket."""
        return cloudfront.CfnOriginAccessControl(
            self,
            "Access",
            origin_access_control_config=cloudfront.CfnOriginAccessControl.OriginAccessControlConfigProperty(
                name=f"{prefix(self._stage)}-page",
                origin_access_control_origin_type="s3",
                signing_behavior="always",
                signing_protocol="sigv4",
            ),
        )

    def _function(self, name: str, code: str) -> cloudfront.CfnFunction:
        return cloudfront.CfnFunction(
            self,
            name,
            name=f"{prefix(self._stage)}-{name}",
            auto_publish=True,
            function_code=code,
            function_config=cloudfront.CfnFunction.FunctionConfigProperty(
                comment="deploy/stacks/web_routes.py", runtime="cloudfront-js-2.0"
            ),
        )

    @staticmethod
    def _association(function: cloudfront.CfnFunction) -> cloudfront.CfnDistribution.FunctionAssociationProperty:
        return cloudfront.CfnDistribution.FunctionAssociationProperty(
            event_type="viewer-request", function_arn=function.attr_function_metadata_function_arn
        )
