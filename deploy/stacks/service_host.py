"""One host name of the four APIs: each service is a base path of it. CloudFront asks here, and nobody else is let in (front.py)."""

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from deploy.stacks.web_certificate import made_certificate, point_name
from deploy.stage import Stage


class ServiceHost(Construct):
    """The custom domain of a stage's APIs."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        certificate = stage.api_certificate_arn or made_certificate(self, "Certificate", stage, [stage.api_host])
        self._domain = apigateway.CfnDomainName(
            self,
            "Name",
            domain_name=stage.api_host,
            endpoint_configuration=apigateway.CfnDomainName.EndpointConfigurationProperty(types=["REGIONAL"]),
            regional_certificate_arn=certificate,
            security_policy="TLS_1_2",
        )
        point_name(
            self,
            stage,
            stage.api_host,
            target=self._domain.attr_regional_domain_name,
            zone=self._domain.attr_regional_hosted_zone_id,
        )

    def serve(self, service: str, api: str, api_stage: str) -> None:
        """Lead ``/<service>/`` to an API. The base path is gone when the service sees the request."""
        apigateway.CfnBasePathMapping(
            self,
            f"{service.capitalize()}Path",
            domain_name=self._domain.ref,
            base_path=service,
            rest_api_id=api,
            stage=api_stage,
        )
