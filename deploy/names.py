"""Every physical name and every shared parameter, once, as functions of the stage. Stacks find each other through these alone."""

import re
from collections.abc import Mapping
from typing import Final, Protocol

# Lambda functions of each service, by the names that Chalice gives them.
FUNCTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "auth": ("api_handler", "signed_in"),
    "notifications": ("api_handler", "signed_in", "on_events"),
    "reporting": ("api_handler", "signed_in", "on_events", "form_audit_blocks", "sign_audit_roots"),
    "transfers": (
        "api_handler",
        "signed_in",
        "on_events",
        "relay_outbox",
        "sweep_due",
        "issue_certificate_batches",
        "resend_unsent",
        "purge_records",
    ),
}
SERVICES: Final = tuple(FUNCTIONS)
# As chalicelib.domain.events.CONSUMERS; a test holds the two together.
CONSUMERS: Final = ("transfers", "notifications", "reporting")
# Where the scanner is on: what waits for it, a queue that its containers read. As chalicelib.domain.events.SCANS.
SCANS: Final = "scans"
# KMS keys that the product calls itself (settings kms_*_key).
PRODUCT_KEYS: Final = ("seal", "mac", "access", "proof", "root")
# KMS keys that stores use on our behalf: at rest and nothing else. Wrapped transfer keys have one of their own.
STORE_KEYS: Final = ("records", "wrapped-keys", "blobs", "events", "identity", "logs", "settings")
# One stack per lifecycle, in the order in which they are made; removed in the other.
LIFECYCLES: Final = (
    "keys",
    "network",
    "blobs",
    "identity",
    "data",
    "messaging",
    "front",
    "services",
    "web",
    "reporting",
    "scanner",
    "downloads",
    "observability",
)
# Where CloudFront takes its certificate, its firewall and its logs from, and so where the stack `web` stands.
WEB_REGION: Final = "us-east-1"
# Those that hold what can't be made again, or what is on its way; nothing of a service stands in them.
KEEPING: Final = ("keys", "blobs", "identity", "data", "messaging")


class Named(Protocol):
    """What names need to know of a stage."""

    @property
    def name(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def region(self) -> str: ...


class Hosted(Named, Protocol):
    """What names of hosts need to know besides."""

    @property
    def api_host(self) -> str: ...


def stack(stage: Named, lifecycle: str) -> str:
    """``fumibako-<stage>-<lifecycle>``."""
    return f"{prefix(stage)}-{lifecycle}"


def stack_region(stage: Named, lifecycle: str) -> str:
    """The Region in which a stack stands: the stage's, but for `web`. What looks for stacks has to look there, or never finds that one."""
    return WEB_REGION if lifecycle == "web" else stage.region


def prefix(stage: Named) -> str:
    """What every name of the stage begins with; the setting sqs_queue_prefix too."""
    return f"fumibako-{stage.name}"


def records_table(stage: Named) -> str:
    """Records and outbox."""
    return f"{prefix(stage)}-records"


def wrapped_keys_table(stage: Named) -> str:
    """Wrapped transfer keys, which no backup may hold."""
    return f"{prefix(stage)}-wrapped-keys"


def bucket(stage: Named, use: str) -> str:
    """A bucket; account and Region make it unique in the world and keep two stages apart."""
    return f"{prefix(stage)}-{use}-{stage.account}-{stage.region}"


def blobs_bucket(stage: Named) -> str:
    """Bytes of transfers."""
    return bucket(stage, "blobs")


def page_bucket(stage: Named) -> str:
    """The built page."""
    return bucket(stage, "page")


def access_logs_bucket(stage: Named) -> str:
    """Server access logs of the other buckets."""
    return bucket(stage, "access-logs")


def identity_export_bucket(stage: Named) -> str:
    """Members and groups of the user pool, exported on change and daily."""
    return bucket(stage, "identities")


def events_topic(stage: Named) -> str:
    """The topic that carries events."""
    return f"{prefix(stage)}-events"


def queue(stage: Named, consumer: str) -> str:
    """A consumer's queue; the services look it up by prefix and consumer."""
    return f"{prefix(stage)}-{consumer}"


def dead_letters(stage: Named, consumer: str) -> str:
    """A consumer's dead letters; `-dead` is what chalicelib's bus looks up."""
    return f"{queue(stage, consumer)}-dead"


def function(stage: Named, service: str, name: str) -> str:
    """``fumibako-<service>-<stage>-<function>``: as Chalice names them."""
    return f"fumibako-{service}-{stage.name}-{name}"


def log_group(stage: Named, service: str, name: str) -> str:
    """Where that function logs."""
    return f"/aws/lambda/{function(stage, service, name)}"


def key_alias(stage: Named, use: str) -> str:
    """For people; programs take the ARN, because a moved alias would change every mac."""
    return f"alias/{prefix(stage)}-{use}"


def alarms_topic(stage: Named) -> str:
    """Where alarms go, in each Region that has some."""
    return f"{prefix(stage)}-alarms"


def downloads_host(stage: "Hosted") -> str:
    """Where CloudFront finds the containers of the compatible downloads; a certificate for ``*.<domain>`` covers it as it does the API's."""
    return f"fetch-{stage.api_host}"


def front_secret(stage: Named) -> str:
    """The secret by which services know that a request came through CloudFront."""
    return f"{prefix(stage)}-front-key"


def image_parameter(stage: Named) -> str:
    """The SSM parameter with the address of the one image, by digest; whoever pushed the image writes it."""
    return f"/fumibako/{stage.name}/image"


def scanner_image_parameter(stage: Named) -> str:
    """The same of clamd's image."""
    return f"/fumibako/{stage.name}/scanner-image"


def turn_parameter(stage: Named) -> str:
    """Who deploys the stage at the moment. Like the two above it belongs to no stack."""
    return f"/fumibako/{stage.name}/turn"


def hold_parameter(stage: Named) -> str:
    """What `deploy hold` switched off, for `deploy release`."""
    return f"/fumibako/{stage.name}/hold"


def asleep_parameter(stage: Named) -> str:
    """How it was before the night; it is there while the stage sleeps."""
    return f"/fumibako/{stage.name}/asleep"


def laid_release_parameter(stage: Named) -> str:
    """The release that runs, and when its commit was made: `pipeline bring` goes back to no older one."""
    return f"/fumibako/{stage.name}/laid-release"


def good_release_parameter(stage: Named) -> str:
    """The name of the stage's last good release. No stack holds it: one that is rolled back must not take it along."""
    return f"/fumibako/{stage.name}/good-release"


def user_pool(stage: Named) -> str:
    """Members of the stage's tenants."""
    return f"{prefix(stage)}-members"


def backup_vault(stage: Named) -> str:
    """Recovery points of the records."""
    return f"{prefix(stage)}-records"


def parameter(stage: Named, name: str) -> str:
    """The SSM parameter through which stacks find each other: ``/fumibako/<stage>/<name>``; ``name`` is one of PARAMETERS."""
    if name not in PARAMETERS:
        raise KeyError(f"{name} is no shared parameter; add it to deploy.names.PARAMETERS")
    return f"/fumibako/{stage.name}/{name}"


# What one stack tells the others. No exports: CloudFormation refuses to change an exported value while somebody imports it.
PARAMETERS: Final[Mapping[str, str]] = {
    **{f"key-{use}-arn": f"ARN of the KMS key `{use}`" for use in (*PRODUCT_KEYS, *STORE_KEYS)},
    "user-pool-id": "Cognito user pool",
    "user-pool-issuer": "its OpenID Connect issuer",
    "records-table-arn": "table of the records",
    "records-stream-arn": "its stream, which the relay reads",
    "wrapped-keys-table-arn": "table of the wrapped keys",
    "backup-vault-arn": "recovery points of the records",
    "blobs-bucket-arn": "bytes of transfers",
    "access-logs-bucket-arn": "access logs of the buckets",
    "events-topic-arn": "the topic that carries events",
    **{f"queue-{consumer}-arn": f"queue of {consumer}" for consumer in CONSUMERS},
    **{f"dead-letters-{consumer}-arn": f"dead letters of {consumer}" for consumer in CONSUMERS},
    f"queue-{SCANS}-arn": "what waits for the scanner, where there is one",
    f"dead-letters-{SCANS}-arn": "what the scanner gave up",
    "alarms-topic-arn": "the topic of the alarms",
    "vpc-id": "the network",
    "private-subnet-ids": "its subnets without a way from outside, by comma",
    "public-subnet-ids": "its subnets with one, by comma",
    "endpoints-security-group-id": "what stands before the interface endpoints",
    **{f"{service}-api-id": f"REST API of {service}" for service in SERVICES},
    "page-distribution-id": "CloudFront in front of everything",
    "page-bucket-arn": "the built page",
    "scanner-address": "host:port of clamd",
    "downloads-address": "https address of the compatible downloads",
    "deployed-version": "version that the last deployment brought; guarded against going back",
}


def named(stage: Named) -> list[tuple[str, str]]:
    """(kind, name) of everything that must be unique in its account or in the world: what a collision is looked for in."""
    found = [
        ("table", records_table(stage)),
        ("table", wrapped_keys_table(stage)),
        *(("bucket", bucket(stage, use)) for use in ("blobs", "page", "access-logs", "identities")),
        ("topic", events_topic(stage)),
        *(("queue", queue(stage, consumer)) for consumer in CONSUMERS),
        *(("queue", dead_letters(stage, consumer)) for consumer in CONSUMERS),
        ("queue", queue(stage, SCANS)),
        ("queue", dead_letters(stage, SCANS)),
        ("secret", front_secret(stage)),
        *(("function", function(stage, service, name)) for service in FUNCTIONS for name in FUNCTIONS[service]),
        *(("key alias", key_alias(stage, use)) for use in (*PRODUCT_KEYS, *STORE_KEYS)),
        *(("stack", stack(stage, lifecycle)) for lifecycle in LIFECYCLES),
        *(("parameter", parameter(stage, name)) for name in PARAMETERS),
    ]
    return sorted(found)


# S3's rules for bucket names are the narrowest of all (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html);
# 12 characters of stage keep the longest bucket name under 63.
STAGE_NAME: Final = re.compile(r"[a-z][a-z0-9]{1,11}")
