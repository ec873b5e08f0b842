"""The web in front: CloudFront, its firewall, names, certificates, and no way around it."""

from datetime import timedelta
from typing import Any, Final

from deploy.names import SERVICES, downloads_host, parameter
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, judged, without_faults
from deploy.stage import Stage

EDGE: Final = "us-east-1"
PARAMETER: Final = "ssm.GetParameter"
_HEADERS: Final = ("strict-transport-security", "content-security-policy", "x-content-type-options", "referrer-policy")
# As deploy/stacks/service_template.py; a test holds the two together.
RATE: Final = 500
_RENEWED: Final = timedelta(days=30)


def distribution(account: Account) -> Answers:
    """The stage's distribution, by the parameter that its stack wrote."""
    name = parameter(account.stage, "page-distribution-id")
    found = account.ask(PARAMETER, region=EDGE, Name=name)["Parameter"]["Value"]
    return {"distribution": account.ask("cloudfront.GetDistribution", Id=found)}


def config_of(found: Answers) -> Any:
    """Its configuration."""
    return found["distribution"]["Distribution"]["DistributionConfig"]


def _apis(account: Account) -> Answers:
    found = {}
    for service in SERVICES:
        api = account.ask(PARAMETER, Name=parameter(account.stage, f"{service}-api-id"))["Parameter"]["Value"]
        arn = f"arn:aws:apigateway:{account.stage.region}::/restapis/{api}/stages/api"
        found[service] = {
            "api": account.ask("apigateway.GetRestApi", restApiId=api),
            "stage": account.ask("apigateway.GetStage", restApiId=api, stageName="api"),
            "acl": account.ask("wafv2.GetWebACLForResource", ResourceArn=arn),
        }
    return found


_ASK_APIS: Final = Steps(
    _apis, ("apigateway.GetRestApi", "apigateway.GetStage", PARAMETER, "wafv2.GetWebACLForResource")
)


def _no_way_round(found: Answers, facts: Facts) -> Verdict:
    del facts
    faults = []
    for service in SERVICES:
        faults += [] if found[service]["api"].get("disableExecuteApiEndpoint") else [f"{service} has a second address"]
        faults += [] if "WebACL" in found[service]["acl"] else [f"{service} has no firewall"]
    return without_faults(faults, f"{len(SERVICES)} APIs behind the firewall, no other address")


def _throttled(found: Answers, facts: Facts) -> Verdict:
    del facts
    faults = []
    for service in SERVICES:
        every = found[service]["stage"].get("methodSettings", {}).get("*/*", {})
        faults += [] if every.get("throttlingRateLimit") == RATE else [f"{service} has no rate of ours"]
        faults += [f"{service} logs bodies"] if every.get("dataTraceEnabled") else []
        faults += [] if found[service]["stage"].get("tracingEnabled") else [f"{service} is not traced"]
    return without_faults(faults, f"{len(SERVICES)} APIs, {RATE} a second each, no bodies in logs")


def _visit(account: Account) -> Answers:
    return {"page": account.fetch(f"https://{account.stage.page_host}/")}


def _led(found: Answers, facts: Facts) -> Verdict:
    page = found["page"]
    through = "x-amz-cf-id" in page["headers"]
    return judged(f"{facts.stage.page_host} answers {page['status']}", holds=page["status"] == 200 and through)


def _headers(found: Answers, facts: Facts) -> Verdict:
    del facts
    lacking = [name for name in _HEADERS if name not in found["page"]["headers"]]
    return without_faults([f"no {name}" for name in lacking], f"{len(_HEADERS)} headers")


def _around(account: Account) -> Answers:
    return {service: account.fetch(f"https://{account.stage.api_host}/{service}/v1/nothing") for service in SERVICES}


def _turned_away(found: Answers, facts: Facts) -> Verdict:
    del facts
    answers = {service: int(found[service]["status"]) for service in SERVICES}
    let_in = [f"{service} answered {status}" for service, status in answers.items() if status not in (403, 421)]
    return without_faults(let_in, f"answers {sorted(set(answers.values()))} without the front's key")


def _fetch_around(account: Account) -> Answers:
    return {"fetch": account.fetch(f"https://{downloads_host(account.stage)}/fetch/nothing")}


def _unreached(found: Answers, facts: Facts) -> Verdict:
    del facts
    status = int(found["fetch"]["status"])
    return judged(f"the balancer's containers answered {status}", holds=status in (403, 421))


def _certificates(account: Account) -> Answers:
    found = distribution(account)
    page = config_of(found)["ViewerCertificate"]["ACMCertificateArn"]
    host = account.ask("apigateway.GetDomainName", domainName=account.stage.api_host)
    return {
        "page": account.ask("acm.DescribeCertificate", region=EDGE, CertificateArn=page),
        "api": account.ask("acm.DescribeCertificate", CertificateArn=host["regionalCertificateArn"]),
    }


def _fresh(found: Answers, facts: Facts) -> Verdict:
    faults, ends = [], []
    for name in ("page", "api"):
        about = found[name]["Certificate"]
        if about["Status"] != "ISSUED":
            faults.append(f"{name} is {about['Status']}")
            continue
        ends.append(about["NotAfter"])
        if about["NotAfter"] - facts.now < _RENEWED and about.get("RenewalEligibility") != "ELIGIBLE":
            faults.append(f"{name} ends {about['NotAfter']:%Y-%m-%d} and is not renewed")
    return without_faults(faults, f"the first ends {min(ends, default=facts.now):%Y-%m-%d}")


def _no_downloads(stage: Stage) -> str:
    return "" if stage.compatible_downloads else "The stage has no compatible downloads."


CHECKS: Final = (
    Check(
        id="apis-one-address",
        question="Has each API one address only, behind the regional firewall?",
        step="Deploy `services` again.",
        ask=_ASK_APIS,
        judge=_no_way_round,
    ),
    Check(
        id="apis-throttled",
        question="Has each API its rate, its trace, and no bodies in its log?",
        step="Deploy `services` again.",
        ask=_ASK_APIS,
        judge=_throttled,
    ),
    Check(
        id="names-lead",
        question="Does the page's name lead to CloudFront, over a certificate that holds?",
        step="Lead the name to the distribution (docs/cloud/web.md, Certificates and names).",
        ask=Steps(_visit, ("https.GET",)),
        judge=_led,
    ),
    Check(
        id="edge-headers",
        question="Does the page come with its headers of safety?",
        step="Deploy `web` after `make page`, then upload the page.",
        ask=Steps(_visit, ("https.GET",)),
        judge=_headers,
    ),
    Check(
        id="front-bypass-refused",
        question="Is whoever goes to the APIs around CloudFront turned away?",
        step="See that the regional firewall is attached and that services know the front's key.",
        ask=Steps(_around, ("https.GET",)),
        judge=_turned_away,
    ),
    Check(
        id="downloads-bypass-refused",
        question="Is whoever goes to the compatible downloads around CloudFront turned away?",
        step="Deploy `downloads` again; not reached at all is as it should be, and reads `not run`.",
        ask=Steps(_fetch_around, ("https.GET",)),
        judge=_unreached,
        unless=_no_downloads,
    ),
    Check(
        id="certificates-renewed",
        question="Are the certificates issued, and renewed by themselves before they end?",
        step="Put the validation records back into DNS.",
        ask=Steps(
            _certificates,
            ("acm.DescribeCertificate", "apigateway.GetDomainName", "cloudfront.GetDistribution", PARAMETER),
        ),
        judge=_fresh,
    ),
)
