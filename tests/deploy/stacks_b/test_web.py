"""CloudFront: the page's headers as built, every path at its service, and logs that hold no secret."""

import json
import shutil
import subprocess
from fnmatch import fnmatchcase
from typing import Any

import pytest

from deploy.names import downloads_host
from deploy.page_build import read_page
from deploy.stacks.web_logs import FIELDS
from deploy.stacks.web_routes import ROUTES, to_page, to_services
from tests.deploy.assemblies import Assembly, Template, of_type
from tests.deploy.stacks_b.conftest import flat

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def template(prod: Assembly) -> Template:
    return prod.template("web")


@pytest.fixture(scope="module")
def distribution(template: Template) -> Template:
    (made,) = of_type(template, "AWS::CloudFront::Distribution").values()
    found: Template = made["Properties"]["DistributionConfig"]
    return found


def behavior_of(distribution: Template, path: str) -> Template:
    """CloudFront's own choice: the first pattern that fits, else the default."""
    found = (one for one in distribution["CacheBehaviors"] if fnmatchcase(path, one["PathPattern"]))
    chosen: Template = next(found, distribution["DefaultCacheBehavior"])
    return chosen


PATHS = [
    ("/", "page"),
    ("/auth/v1/me", "api"),
    ("/auth/openapi.json", "api"),
    ("/fetch/acme.token", "fetch"),
    ("/favicon.svg", "page"),
    ("/l", "page"),
    ("/notifications/v1/deliveries", "api"),
    ("/p/acme.token", "api"),
    ("/p/acme.token/files", "api"),
    ("/p/acme.token/files/1", "api"),
    ("/reporting/v1/usage", "api"),
    ("/scim/v2/Users", "api"),
    ("/send", "page"),
    ("/sw.js", "page"),
    ("/transfers", "page"),
    ("/transfers/tr_1", "page"),
    ("/transfers/v1/transfers", "api"),
    ("/.well-known/jwks.json", "api"),
]


@pytest.mark.parametrize(("path", "origin"), PATHS, ids=[path for path, _ in PATHS])
def test_each_path_goes_to_its_origin(distribution: Template, path: str, origin: str) -> None:
    assert behavior_of(distribution, path)["TargetOriginId"] == origin


def test_every_route_of_every_service_is_reached() -> None:
    """As onprem/runtime serves them: a route below its service's name, or at the root."""
    from chalicelib.settings import Settings
    from onprem.runtime.apps import load_apps

    patterns = [pattern for pattern, origin in ROUTES if origin == "api"]
    for service, app in load_apps(Settings()).items():
        for route in app.routes:
            mounted = [f"/{service}{route}", route]
            assert any(fnmatchcase(path, pattern) for path in mounted for pattern in patterns), (service, route)


def run(code: str, *requests: dict[str, Any]) -> list[Any]:
    """A CloudFront function, run by node; the language of its runtime is a part of what node knows."""
    node = shutil.which("node")
    assert node, "node is missing: apt-get install nodejs"
    script = (
        f"{code}\nconst asked = {json.dumps(requests)};\nconsole.log(JSON.stringify(asked.map((one) => handler(one))));"
    )
    done = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    found: list[Any] = json.loads(done.stdout)
    return found


def asked(uri: str, **headers: str) -> dict[str, Any]:
    given = {"host": "files.example.jp", **headers}
    return {
        "viewer": {"ip": "203.0.113.5"},
        "request": {"uri": uri, "headers": {name: {"value": value} for name, value in given.items()}},
    }


def test_services_see_their_own_paths_and_who_asked() -> None:
    forged = {"x-fumibako-viewer-address": "192.0.2.1", "x-fumibako-viewer-host": "evil.example"}
    table = {
        "/auth/v1/me": "/auth/v1/me",
        "/transfers/v1/transfers": "/transfers/v1/transfers",
        "/p/acme.t": "/auth/p/acme.t",
        "/p/acme.t/proof": "/auth/p/acme.t/proof",
        "/p/acme.t/files": "/transfers/p/acme.t/files",
        "/p/acme.t/files/2": "/transfers/p/acme.t/files/2",
        "/p/acme.t/filesystem": "/auth/p/acme.t/filesystem",
        "/.well-known/jwks.json": "/auth/.well-known/jwks.json",
        "/scim/v2/Users": "/auth/scim/v2/Users",
        "/fetch/acme.t": "/fetch/acme.t",
    }
    for expected, answer in zip(
        table.values(), run(to_services(), *(asked(uri, **forged) for uri in table)), strict=True
    ):
        assert answer["uri"] == expected
        assert answer["headers"]["x-fumibako-viewer-host"]["value"] == "files.example.jp"
        assert answer["headers"]["x-fumibako-viewer-address"]["value"] == "203.0.113.5"


def test_addresses_inside_the_page_are_its_document() -> None:
    table = {
        "/": "/index.html",
        "/l": "/guest.html",
        "/l/": "/guest.html",
        "/transfers/tr_1": "/index.html",
        "/constructor": "/index.html",
        "/assets/a-1.js": "/assets/a-1.js",
        "/sw.js": "/sw.js",
        "/missing.png": "/missing.png",
    }
    answers = run(to_page(read_page().routes), *(asked(uri) for uri in table))
    assert [one["uri"] for one in answers] == list(table.values())


def test_the_functions_are_small_enough(template: Template) -> None:
    for one in of_type(template, "AWS::CloudFront::Function").values():
        # CloudFront's limit (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html).
        assert len(one["Properties"]["FunctionCode"].encode()) <= 10_240


def headers_of(policy: Template) -> dict[str, str]:
    """A response headers policy as header lines."""
    config = policy["Properties"]["ResponseHeadersPolicyConfig"]
    found = {one["Header"]: one["Value"] for one in config.get("CustomHeadersConfig", {}).get("Items", [])}
    security = config["SecurityHeadersConfig"]
    if "ContentSecurityPolicy" in security:
        found["Content-Security-Policy"] = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    if "ReferrerPolicy" in security:
        found["Referrer-Policy"] = security["ReferrerPolicy"]["ReferrerPolicy"]
    if "ContentTypeOptions" in security:
        found["X-Content-Type-Options"] = "nosniff"
    transport = security.get("StrictTransportSecurity")
    if transport:
        found["Strict-Transport-Security"] = f"max-age={transport['AccessControlMaxAgeSec']}; includeSubDomains"
    return found


def test_each_file_and_screen_gets_the_headers_of_its_build(
    template: Template, distribution: Template, prod: Assembly
) -> None:
    page = read_page()
    rules = dict(page.rules)
    blobs = f"https://fumibako-prod-blobs-{prod.stage.account}-{prod.stage.region}.s3.{prod.stage.region}.amazonaws.com"
    looked = 0
    for address in [*page.files, "/", "/l", "/transfers", "/settings/people"]:
        file = page.routes.get(address) or (address if address in page.files else page.routes["*"])
        behavior = behavior_of(distribution, address)
        policy = template["Resources"][behavior["ResponseHeadersPolicyId"]["Ref"]]
        expected = {name: value.replace("{blobs}", f" {blobs}") for name, value in rules[page.rule_of(file)].items()}
        assert headers_of(policy) == expected, address
        looked += 1
    assert looked > 50
    assert "connect-src 'self' https://fumibako-prod-blobs" in flat(template)


def test_only_tls_and_only_the_front_knows_the_origins(distribution: Template, prod: Assembly) -> None:
    assert distribution["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    origins = {one["Id"]: one for one in distribution["Origins"]}
    assert origins["fetch"]["DomainName"] == downloads_host(prod.stage)
    for name in ("api", "fetch"):
        config = origins[name]["CustomOriginConfig"]
        assert (config["OriginProtocolPolicy"], config["OriginSSLProtocols"]) == ("https-only", ["TLSv1.2"])
        (header,) = origins[name]["OriginCustomHeaders"]
        assert header["HeaderName"].lower() == "x-fumibako-front"
    assert "OriginAccessControlId" in origins["page"]
    for one in [*distribution["CacheBehaviors"], distribution["DefaultCacheBehavior"]]:
        to_page = one["TargetOriginId"] == "page"
        assert one["ViewerProtocolPolicy"] == ("redirect-to-https" if to_page else "https-only")
        # What belongs to a person is never kept at an edge.
        assert to_page == (one["CachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6")


def test_the_access_log_has_no_path_no_query_and_no_address(template: Template) -> None:
    (delivery,) = of_type(template, "AWS::Logs::Delivery").values()
    assert delivery["Properties"]["RecordFields"] == list(FIELDS)
    secret = ("uri", "query", "cookie", "c-ip", "referer", "user-agent", "forwarded", "host")
    assert not [field for field in FIELDS for word in secret if word in field]


def test_the_firewall_s_log_holds_neither_path_nor_token(template: Template) -> None:
    (logging,) = of_type(template, "AWS::WAFv2::LoggingConfiguration").values()
    redacted = flat(logging["Properties"]["RedactedFields"])
    for word in ("UriPath", "QueryString", "authorization", "cookie"):
        assert word in redacted
    assert logging["Properties"]["LoggingFilter"]["DefaultBehavior"] == "DROP"
    (acl,) = of_type(template, "AWS::WAFv2::WebACL").values()
    every = [acl["Properties"], *acl["Properties"]["Rules"]]
    assert not any(one["VisibilityConfig"]["SampledRequestsEnabled"] for one in every)


def test_rates_leave_room_for_what_services_allow() -> None:
    from chalicelib.settings import Settings
    from deploy.stacks.web_firewall import OPEN_RATE, RATE

    # Of 5 minutes; the services' own limit is the sharper one for people, the firewall's the cheaper one for attacks.
    assert Settings().address_requests_per_minute * 5 <= OPEN_RATE < RATE
