"""The headers of the page, as its build wrote them down (web/build/page/headers.json), as CloudFront's response headers policies.

A policy belongs to a pattern of addresses, and a document has several addresses: every screen is index.html. So each rule becomes one policy, and the
behaviours name the addresses that get it.
"""

from collections.abc import Mapping
from typing import Final

from aws_cdk import aws_cloudfront as cloudfront

# Those that a policy has settings for; CloudFront refuses them among the custom ones.
_SECURITY: Final = frozenset(
    (
        "Content-Security-Policy",
        "Referrer-Policy",
        "Strict-Transport-Security",
        "X-Content-Type-Options",
        "X-Frame-Options",
    )
)


def policy_config(
    name: str, headers: Mapping[str, str], *, blobs: str
) -> cloudfront.CfnResponseHeadersPolicy.ResponseHeadersPolicyConfigProperty:
    """One policy. ``blobs`` is the origin of signed addresses, which stands for ``{blobs}`` in a header."""
    policies = cloudfront.CfnResponseHeadersPolicy
    filled = {key: value.replace("{blobs}", f" {blobs}") for key, value in headers.items()}
    custom = [
        policies.CustomHeaderProperty(header=key, value=value, override=True)
        for key, value in sorted(filled.items())
        if key not in _SECURITY
    ]
    return policies.ResponseHeadersPolicyConfigProperty(
        name=name,
        security_headers_config=_security(filled),
        custom_headers_config=policies.CustomHeadersConfigProperty(items=custom) if custom else None,
        # Whose server this is helps nobody but attackers; S3 says so by itself.
        remove_headers_config=policies.RemoveHeadersConfigProperty(
            items=[policies.RemoveHeaderProperty(header="Server")]
        ),
    )


def _security(headers: Mapping[str, str]) -> cloudfront.CfnResponseHeadersPolicy.SecurityHeadersConfigProperty:
    policies = cloudfront.CfnResponseHeadersPolicy
    csp, referrer = headers.get("Content-Security-Policy"), headers.get("Referrer-Policy")
    transport = headers.get("Strict-Transport-Security")
    return policies.SecurityHeadersConfigProperty(
        content_security_policy=policies.ContentSecurityPolicyProperty(content_security_policy=csp, override=True)
        if csp
        else None,
        content_type_options=policies.ContentTypeOptionsProperty(override=True)
        if headers.get("X-Content-Type-Options") == "nosniff"
        else None,
        referrer_policy=policies.ReferrerPolicyProperty(referrer_policy=referrer, override=True) if referrer else None,
        strict_transport_security=_transport(transport) if transport else None,
    )


def _transport(value: str) -> cloudfront.CfnResponseHeadersPolicy.StrictTransportSecurityProperty:
    parts = [part.strip() for part in value.split(";")]
    seconds = next(part.removeprefix("max-age=") for part in parts if part.startswith("max-age="))
    return cloudfront.CfnResponseHeadersPolicy.StrictTransportSecurityProperty(
        access_control_max_age_sec=int(seconds),
        include_subdomains="includeSubDomains" in parts,
        preload="preload" in parts,
        override=True,
    )
