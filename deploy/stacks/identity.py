"""People who sign in through their company: a user pool that stands between SAML or OpenID Connect providers and the auth service.

The auth service knows each provider as a partner (POST /auth/v1/partners) with the pool as its issuer and a client of its own, so one company's sign-in
leads to that company alone. Nobody has a password here. The pool can't be backed up, so it is exported: on change and daily.
"""

from typing import Any, ClassVar, Final

from aws_cdk import Duration, SecretValue, Stack
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from deploy.names import prefix, user_pool
from deploy.stacks.accepted import accept
from deploy.stacks.identity_export import IdentityExport
from deploy.stacks.keeping import kept
from deploy.stacks.sharing import tell
from deploy.stage import IdentityProvider, Stage

# As chalicelib.domain.principal.ROLES; a test holds the two together.
GROUPS: Final = ("member", "approver", "auditor", "admin")
# Where the auth service takes a partner's answer (spec/api.md).
CALLBACK: Final = "/auth/v1/links/sso/callback"


class IdentityStack(Stack):
    """The pool, kept when the stack goes, its providers and groups, and the export."""

    NEEDS: ClassVar[tuple[str, ...]] = ("keys", "blobs")

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        pool = self._pool(stage)
        for group in GROUPS:
            cognito.CfnUserPoolGroup(
                self, f"{group.capitalize()}Group", user_pool_id=pool.user_pool_id, group_name=group
            )
        for provider in stage.identity_providers:
            self._provider(stage, pool, provider)
        IdentityExport(self, "Export", stage=stage, pool=pool)
        tell(self, stage, "user-pool-id", pool.user_pool_id)
        tell(self, stage, "user-pool-issuer", pool.user_pool_provider_url)

    def _pool(self, stage: Stage) -> cognito.UserPool:
        pool = cognito.UserPool(
            self,
            "Members",
            user_pool_name=user_pool(stage),
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            account_recovery=cognito.AccountRecovery.NONE,
            # Nobody has a password here; should an administrator give one, it is long and has a second factor.
            password_policy=cognito.PasswordPolicy(
                min_length=16, require_digits=True, require_lowercase=True, require_uppercase=True, require_symbols=True
            ),
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            feature_plan=cognito.FeaturePlan.ESSENTIALS,
            deletion_protection=stage.protected,
            removal_policy=kept(stage),
        )
        pool.add_domain(
            "Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=f"{prefix(stage)}-{stage.account}")
        )
        reason = "Threat protection of the Plus plan watches passwords; no client of the pool takes one, and each leads to one company's own sign-in."
        test = "tests/deploy/stacks_a/test_identity.py::test_no_client_takes_a_password"
        accept(pool, "AwsSolutions-COG8", reason=reason, test=test)
        return pool

    def _provider(self, stage: Stage, pool: cognito.UserPool, provider: IdentityProvider) -> None:
        made = cognito.CfnUserPoolIdentityProvider(
            self,
            f"Provider{provider.name}",
            user_pool_id=pool.user_pool_id,
            provider_name=provider.name,
            provider_type=provider.kind.upper(),
            idp_identifiers=list(provider.domains),
            provider_details=_details(provider),
            attribute_mapping=_MAPPINGS[provider.kind],
        )
        client = pool.add_client(
            f"Client{provider.name}",
            user_pool_client_name=f"{prefix(stage)}-{provider.name}",
            generate_secret=True,
            # No flow with a password: the code flow through this provider is the only way in.
            auth_flows=cognito.AuthFlow(),
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.custom(provider.name)],
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
                callback_urls=[f"{origin}{CALLBACK}" for origin in stage.page_origins],
            ),
            id_token_validity=Duration.minutes(5),
            access_token_validity=Duration.minutes(5),
            refresh_token_validity=Duration.hours(1),
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
        )
        client.node.add_dependency(made)


def _details(provider: IdentityProvider) -> dict[str, str]:
    if provider.kind == "saml":
        return {
            "MetadataURL": provider.metadata_url,
            "IDPSignout": "false",
            "RequestSigningAlgorithm": "rsa-sha256",
        }
    return {
        "oidc_issuer": provider.issuer,
        "client_id": provider.client_id,
        # CloudFormation reads it when it deploys; the template holds its name.
        "client_secret": SecretValue.secrets_manager(provider.client_secret_name).unsafe_unwrap(),
        "authorize_scopes": "openid email",
        "attributes_request_method": "GET",
    }


# SAML has no word for a verified address: the company's service must send `email_verified` as "true", or the auth service refuses.
_MAPPINGS: Final = {
    "saml": {
        "email": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
        "email_verified": "email_verified",
    },
    "oidc": {"email": "email", "email_verified": "email_verified"},
}
