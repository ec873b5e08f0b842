"""The edge: what CloudFront is set to, and what it writes down."""

from typing import Final

from deploy.names import front_secret, page_bucket, prefix
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Reads, Steps, Verdict, call, judged, unknown, without_faults
from deploy.prove.checks.web import EDGE, PARAMETER, config_of, distribution

# Fields of an access log in which a token could stand.
_TELLING: Final = frozenset({"cs-uri-stem", "cs-uri-query", "cs(Cookie)", "cs(Referer)", "c-ip", "x-forwarded-for"})
_ASK: Final = Steps(distribution, ("cloudfront.GetDistribution", PARAMETER))


def _deployed(found: Answers, facts: Facts) -> Verdict:
    status = found["distribution"]["Distribution"]["Status"]
    hosts = sorted(config_of(found).get("Aliases", {}).get("Items", []))
    wanted = sorted((facts.stage.page_host, *facts.stage.tenant_hosts))
    return judged(f"{status}, {len(hosts)} of {len(wanted)} hosts", holds=status == "Deployed" and hosts == wanted)


def _tls(found: Answers, facts: Facts) -> Verdict:
    del facts
    least = str(config_of(found)["ViewerCertificate"].get("MinimumProtocolVersion"))
    behaviors = [config_of(found)["DefaultCacheBehavior"], *config_of(found).get("CacheBehaviors", {}).get("Items", [])]
    plain = [one.get("PathPattern", "*") for one in behaviors if one["ViewerProtocolPolicy"] == "allow-all"]
    faults = [] if least.startswith(("TLSv1.2_2", "TLSv1.3")) else [f"{least} is let in"]
    return without_faults([*faults, *(f"{path} without TLS" for path in plain)], f"at least {least}, everywhere")


def _closed_origin(found: Answers, facts: Facts) -> Verdict:
    name = page_bucket(facts.stage)
    origins = [one for one in config_of(found)["Origins"]["Items"] if one["DomainName"].startswith(f"{name}.")]
    controlled = bool(origins) and all(one.get("OriginAccessControlId") for one in origins)
    return judged(f"{len(origins)} origins of the page, signed {controlled}", holds=controlled)


def _firewall(account: Account) -> Answers:
    found = distribution(account)
    arn = config_of(found).get("WebACLId", "")
    if not arn:
        return found
    name, acl_id = arn.split("/")[-2:]
    acl = account.ask("wafv2.GetWebACL", region=EDGE, Name=name, Scope="CLOUDFRONT", Id=acl_id)
    return {**found, "acl": acl, "logging": account.ask("wafv2.GetLoggingConfiguration", region=EDGE, ResourceArn=arn)}


def _guarded(found: Answers, facts: Facts) -> Verdict:
    if "acl" not in found:
        return judged("no firewall in front", holds=False)
    rules = found["acl"]["WebACL"]["Rules"]
    rates = [one for one in rules if "RateBasedStatement" in one["Statement"]]
    hidden = found["logging"]["LoggingConfiguration"].get("RedactedFields", [])
    faults = [
        *([] if found["acl"]["WebACL"]["Name"] == prefix(facts.stage) else ["another firewall"]),
        *([] if len(rates) >= 2 else ["rates are missing"]),
        *([] if any("UriPath" in one for one in hidden) else ["its log shows paths"]),
        *([] if any("QueryString" in one for one in hidden) else ["its log shows queries"]),
    ]
    return without_faults(faults, f"{len(rules)} rules, log without path and query")


def _secret(found: Answers, facts: Facts) -> Verdict:
    copies = {one["Region"]: one["Status"] for one in found["secret"].get("ReplicationStatus", [])}
    if facts.stage.region == EDGE:
        return judged("one Region for both sides", holds=True)
    return judged(f"copy in {EDGE}: {copies.get(EDGE, 'none')}", holds=copies.get(EDGE) == "InSync")


def _edge_log(account: Account) -> Answers:
    return {"deliveries": account.ask("logs.DescribeDeliveries", region=EDGE)}


def _quiet(found: Answers, facts: Facts) -> Verdict:
    name = f"{prefix(facts.stage)}-web"
    ours = [one for one in found["deliveries"]["deliveries"] if one.get("deliverySourceName") == name]
    if not ours:
        return unknown("CloudFront delivers no access log of this stage.")
    telling = sorted({field for one in ours for field in one.get("recordFields", [])} & _TELLING)
    chosen = all(one.get("recordFields") for one in ours)
    return judged(f"telling fields: {', '.join(telling) or 'none'}", holds=chosen and not telling)


def _mutual(found: Answers, facts: Facts) -> Verdict:
    """What the front's secret stands in for: were origins all asked for a certificate of ours, the secret could go."""
    del facts
    origins = config_of(found)["Origins"]["Items"]
    secret = [one["Id"] for one in origins if one.get("CustomHeaders", {}).get("Quantity", 0)]
    custom = [one["Id"] for one in origins if "CustomOriginConfig" in one]
    return judged(
        f"{len(secret)} of {len(custom)} origins of ours are shown the secret", holds=set(custom) <= set(secret)
    )


CHECKS: Final = (
    Check(
        id="edge-deployed",
        question="Is the distribution deployed, for all hosts of the page?",
        step="Wait for CloudFront, or deploy `web` again.",
        ask=_ASK,
        judge=_deployed,
    ),
    Check(
        id="edge-tls",
        question="Does the edge take TLS 1.2 and newer alone?",
        step="Deploy `web` again.",
        ask=_ASK,
        judge=_tls,
    ),
    Check(
        id="page-origin-closed",
        question="Is the page's bucket read by CloudFront alone?",
        step="Deploy `web` again.",
        ask=_ASK,
        judge=_closed_origin,
    ),
    Check(
        id="front-secret-shown",
        question="Is every origin of ours shown the secret that stands in for a client certificate?",
        step="Deploy `web` again.",
        ask=_ASK,
        judge=_mutual,
    ),
    Check(
        id="edge-firewall",
        question="Is the firewall in front, with rates, and its log without paths and queries?",
        step="Deploy `web` again.",
        ask=Steps(
            _firewall,
            ("cloudfront.GetDistribution", PARAMETER, "wafv2.GetLoggingConfiguration", "wafv2.GetWebACL"),
        ),
        judge=_guarded,
    ),
    Check(
        id="front-secret-copied",
        question="Do both Regions hold the front's secret?",
        step="Deploy `front` again.",
        ask=Reads(secret=call("secretsmanager.DescribeSecret", SecretId=front_secret)),
        judge=_secret,
    ),
    Check(
        id="edge-log-quiet",
        question="Has the edge's log no field in which a token or an address could stand?",
        step="Deploy `web` again and delete what the log holds.",
        ask=Steps(_edge_log, ("logs.DescribeDeliveries",)),
        judge=_quiet,
    ),
)
