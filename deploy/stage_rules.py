"""What the settings of a stage must hold together, and what two stages may not share."""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from deploy.errors import Refused
from deploy.names import FUNCTIONS, STAGE_NAME, named
from deploy.stage import IdentityProvider, Stage

_ACCOUNT: Final = re.compile(r"\d{12}")
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
# As Secrets Manager names versions of a secret.
_VERSION: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HOST: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_ADDRESS: Final = re.compile(r"[^@\s]+@(.+)")
# What CloudWatch Logs takes (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html).
LOG_DAYS: Final = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
# Lambda keeps 100 of an account's concurrency for functions without a reservation
# (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html).
UNRESERVED: Final = 100
# The identity stack's own function.
EXPORT: Final = 2


def broken_rules(stage: Stage) -> list[str]:
    """A sentence for everything that is wrong; empty when all holds."""
    return [
        fault
        for rule in (_names, _hosts, _edge, _numbers, _concurrency, _providers, _protection)
        for fault in rule(stage)
    ]


def refuse_collisions(stages: Sequence[Stage]) -> None:
    """Raises Refused("name_collision") where the first stage shares a host or a physical name with another."""
    first = stages[0]
    hosts = {first.page_host, first.api_host, *first.tenant_hosts}
    for other in stages[1:]:
        shared = hosts & {other.page_host, other.api_host, *other.tenant_hosts}
        if other.account == first.account and other.region == first.region:
            shared |= {name for _, name in set(named(first)) & set(named(other))}
        if shared:
            raise Refused(
                "name_collision",
                f"Stages `{first.name}` and `{other.name}` both want {', '.join(sorted(shared))}.",
                "Give one of them another name.",
            )


def _names(stage: Stage) -> Iterator[str]:
    if not STAGE_NAME.fullmatch(stage.name):
        yield "A stage's name has 2 to 12 characters of a-z and 0-9 and begins with a letter."
    if not _ACCOUNT.fullmatch(stage.account):
        yield "`account` is 12 digits in quotes."
    if not _REGION.fullmatch(stage.region):
        yield "`region` looks like ap-northeast-1."
    zones = stage.availability_zones
    if len(set(zones)) < 2 or len(set(zones)) != len(zones) or not all(zone[:-1] == stage.region for zone in zones):
        yield "`availability_zones` names two or more different zones of the Region."
    if {name for kind, name in named(stage) if kind == "bucket" and len(name) > 63}:
        yield "A bucket's name would be longer than 63 characters: shorten the stage's name."


def _hosts(stage: Stage) -> Iterator[str]:
    for name in ("domain", "page_host", "api_host"):
        if not _HOST.fullmatch(getattr(stage, name)):
            yield f"`{name}` is a host name in lower case."
    hosts = (stage.page_host, stage.api_host, *stage.tenant_hosts)
    if not all(_HOST.fullmatch(host) for host in stage.tenant_hosts):
        yield "`tenant_hosts` are host names in lower case."
    if len(set(hosts)) != len(hosts):
        yield "`page_host`, `api_host` and `tenant_hosts` must all differ."
    for name in ("page_host", "api_host"):
        if not getattr(stage, name).endswith(f".{stage.domain}"):
            yield f"`{name}` must lie under `domain`."
    for name in ("mail_sender", "alarm_address"):
        found = _ADDRESS.fullmatch(getattr(stage, name))
        if found is None or not _HOST.fullmatch(found[1]):
            yield f"`{name}` is a mail address."


def _edge(stage: Stage) -> Iterator[str]:
    # The list com.amazonaws.global.cloudfront.origin-facing has another id in each Region.
    if stage.compatible_downloads and not re.fullmatch(r"pl-[0-9a-f]{8,17}", stage.edge_prefix_list):
        yield "`edge_prefix_list` looks like pl-58a04531; compatible downloads need it."
    if stage.front_key_version and not _VERSION.fullmatch(stage.front_key_version):
        yield "`front_key_version` is the version id that `aws secretsmanager put-secret-value` printed."


def _numbers(stage: Stage) -> Iterator[str]:
    if stage.log_days not in LOG_DAYS:
        yield f"`log_days` is one of {', '.join(map(str, LOG_DAYS))}."
    if not 2 <= stage.backup_days <= 3650:
        yield "`backup_days` is a number from 2 to 3650."
    try:
        network = ipaddress.IPv4Network(stage.network)
    except ValueError:
        yield "`network` is an IPv4 network such as 10.20.0.0/20."
    else:
        if not network.is_private or not 16 <= network.prefixlen <= 22:
            yield "`network` is private and has a prefix of 16 to 22."


def _concurrency(stage: Stage) -> Iterator[str]:
    given = {(service, name) for service, functions in stage.reserved_concurrency.items() for name in functions}
    wanted = {(service, name) for service, functions in FUNCTIONS.items() for name in functions}
    for service, name in sorted(wanted - given):
        yield f"`reserved_concurrency.{service}.{name}` is missing."
    for service, name in sorted(given - wanted):
        yield f"`reserved_concurrency.{service}.{name}` is no function of ours."
    counts = [count for functions in stage.reserved_concurrency.values() for count in functions.values()]
    if any(count < 1 for count in counts):
        yield "`reserved_concurrency` of a function is 1 or more: 0 would switch it off."
    if sum(counts) + EXPORT > stage.account_concurrency - UNRESERVED:
        yield (
            f"`reserved_concurrency` adds up to {sum(counts)} and {EXPORT} for the identity export; "
            f"the account gives {stage.account_concurrency}, of which {UNRESERVED} stay unreserved."
        )


def _providers(stage: Stage) -> Iterator[str]:
    names = [each.name for each in stage.identity_providers]
    if len(set(names)) != len(names):
        yield "Two `identity_providers` have the same name."
    domains = [domain for each in stage.identity_providers for domain in each.domains]
    if len(set(domains)) != len(domains):
        yield "A mail domain is sent to two `identity_providers`."
    for each in stage.identity_providers:
        yield from _provider(each)


def _provider(each: IdentityProvider) -> Iterator[str]:
    # Cognito's own rule for provider names, narrowed to what needs no escaping.
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{2,31}", each.name):
        yield f"Identity provider `{each.name}`: a name has 3 to 32 letters, digits and hyphens."
    if not each.domains or not all(_HOST.fullmatch(domain) for domain in each.domains):
        yield f"Identity provider `{each.name}` needs mail domains."
    wanted = {"saml": ("metadata_url",), "oidc": ("issuer", "client_id", "client_secret_name")}[each.kind]
    for name in ("metadata_url", "issuer", "client_id", "client_secret_name"):
        if bool(getattr(each, name)) != (name in wanted):
            yield f"Identity provider `{each.name}`: `{name}` {'is missing' if name in wanted else 'is not for'} {each.kind}."
    for name in ("metadata_url", "issuer"):
        if getattr(each, name) and not getattr(each, name).startswith("https://"):
            yield f"Identity provider `{each.name}`: `{name}` begins with https://."


def _protection(stage: Stage) -> Iterator[str]:
    if stage.name.startswith("prod") and not stage.protected:
        yield "`protected = false` lets data be deleted with its stack; a production stage never has it."
    if stage.ends and (stage.protected or not _is_day(stage.ends)):
        yield "`ends` is a day such as 2026-04-30, and an unprotected stage alone has one."


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
