"""What the templates are told at deployment, and the settings (FUMIBAKO_*) that the functions get of it.

Every parameter is a String. Those without a default must be given; the others are for stages that differ. docs/cloud/packaging.md lists them.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from deploy.packaging.functions import functions_of

_NAMED: Final = re.compile(r"\$\{([A-Za-z0-9]+)\}")
SOURCE_PARAMETERS: Final[Mapping[str, str]] = {
    "CodeBucket": "Bucket that holds the packaged zip.",
    "CodeKey": "Its key there; manifest.json names it.",
}
IMAGE_PARAMETERS: Final[Mapping[str, str]] = {
    "ImageUri": "Image of all services, by digest: <registry>/<repository>@sha256:<digest>.",
}
# Default (None: it must be given) and meaning.
COMMON: Final[Mapping[str, tuple[str | None, str]]] = {
    "Stage": (None, "Name of the stage: part of every physical name."),
    "RecordsTable": (None, "Name of the DynamoDB table of the records."),
    "WrappedKeysTable": (None, "Name of the DynamoDB table of the wrapped keys."),
    "BlobsBucket": (None, "Name of the bucket of the transfers' bytes."),
    "EventsTopicArn": (None, "Topic that carries events."),
    "SealKeyArn": (None, "KMS key that wraps data keys."),
    "MacKeyArn": (None, "KMS HMAC_256 key."),
    "AccessKeyArn": (None, "KMS ECC_NIST_P256 key that signs tokens."),
    "ProofKeyArn": (None, "KMS ECC_NIST_P256 key that signs certificates and receipts."),
    "RootKeyArn": (None, "KMS ECC_NIST_P256 key that signs key statements."),
    "RecordsKeyArn": (None, "KMS key of the records' table at rest."),
    "WrappedKeysKeyArn": (None, "KMS key of the wrapped keys' table at rest."),
    "BlobsKeyArn": (None, "KMS key of the bucket at rest."),
    "EventsKeyArn": (None, "KMS key of topic and queues at rest."),
    "LogsKeyArn": ("", "KMS key of the log groups at rest; empty: CloudWatch's own."),
    "SettingsKeyArn": ("", "KMS key of the functions' settings at rest; empty: Lambda's own."),
    "TenantRoleArn": (
        "",
        "Role of the service's tenants, under which each request runs for one of them where they share an account; empty: a tenant is alone here, and the function has the rights.",
    ),
    "PublicUrl": (None, "Scheme and host of the first tenant."),
    "BlobBaseUrl": ("", "Where signed addresses of the first tenant point; empty: S3 of this Region."),
    "MailSender": (None, "Sender address of the first tenant."),
    "Mode": ("production", "production or evaluation."),
    "LogLevel": ("info", "Least level that is logged: debug, info, warning or error."),
    "LogDays": ("90", "How long logs are kept, one of CloudWatch's numbers of days."),
    "Scanner": ("clamd", "clamd where containers scan what lies in the queue `scans`, or none with a reason."),
    "ScannerReason": ("", "Why there is no scanner."),
    "FrontKeys": ("", "Secrets of the front door by comma; empty: requests come straight to the API."),
    "Fetch": ("runtime", "front where a container opens files for browsers that can't; runtime: nobody does."),
    "AccessLogs": ("true", "Whether the API writes an access log; needs the account's API Gateway role for logs."),
    "InsightsLayerArn": ("", "Lambda Insights' layer (zip form); empty: without."),
    "AwsEndpoint": ("", "Endpoint of AWS for emulators; empty: AWS."),
    "S3Endpoint": ("", "Endpoint of S3 for emulators; empty: AWS."),
}
_QUEUE: Final[Mapping[str, tuple[str | None, str]]] = {"QueueArn": (None, "Queue of this service's consumer.")}
_STREAM: Final[Mapping[str, tuple[str | None, str]]] = {"OutboxStreamArn": (None, "Stream of the records' table.")}
CONDITIONS: Final[Mapping[str, Any]] = {
    "HasBlobBaseUrl": {"Fn::Not": [{"Fn::Equals": [{"Ref": "BlobBaseUrl"}, ""]}]},
    "HasLogsKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "LogsKeyArn"}, ""]}]},
    "HasAccessLogs": {"Fn::Equals": [{"Ref": "AccessLogs"}, "true"]},
    "HasInsights": {"Fn::Not": [{"Fn::Equals": [{"Ref": "InsightsLayerArn"}, ""]}]},
    "HasSettingsKey": {"Fn::Not": [{"Fn::Equals": [{"Ref": "SettingsKeyArn"}, ""]}]},
    "HasTenantRole": {"Fn::Not": [{"Fn::Equals": [{"Ref": "TenantRoleArn"}, ""]}]},
}


def parameters(service: str, source: Mapping[str, str], used: Collection[str]) -> dict[str, dict[str, Any]]:
    """The Parameters section: those of a template that uses the names ``used``, so that nobody is asked for what nothing takes.

    ``source`` says where the code is taken from (SOURCE_PARAMETERS or IMAGE_PARAMETERS).
    """
    told: dict[str, tuple[str | None, str]] = {name: (None, meaning) for name, meaning in source.items()}
    told |= {**COMMON, **_QUEUE, **_STREAM}
    for one in functions_of(service):
        told[one.concurrency_parameter] = (None, f"Reserved executions of {one.name}.")
    return {
        name: {"Type": "String", "Description": meaning, **({} if default is None else {"Default": default})}
        for name, (default, meaning) in told.items()
        if name in used
    }


def names_in(value: Any) -> Iterator[str]:
    """Every name that Ref and Fn::Sub name in a template or a part of one."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref" and isinstance(inner, str):
                yield inner
            elif key == "Fn::Sub" and isinstance(inner, str):
                yield from _NAMED.findall(inner)
            else:
                yield from names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


def environment() -> dict[str, Any]:
    """Settings of every function, as chalicelib/settings.py has them."""
    own: dict[str, Any] = {
        "MODE": {"Ref": "Mode"},
        "STORE": "dynamodb",
        "DYNAMODB_TABLE": {"Ref": "RecordsTable"},
        "DYNAMODB_WRAPPED_KEYS_TABLE": {"Ref": "WrappedKeysTable"},
        "BUS": "sns",
        "SNS_TOPIC_ARN": {"Ref": "EventsTopicArn"},
        "SQS_QUEUE_PREFIX": {"Fn::Sub": "fumibako-${Stage}"},
        "BLOBS": "s3",
        "S3_BUCKET": {"Ref": "BlobsBucket"},
        "S3_ENDPOINT": {"Ref": "S3Endpoint"},
        "AWS_REGION": {"Ref": "AWS::Region"},
        "AWS_ENDPOINT": {"Ref": "AwsEndpoint"},
        "KEYS": "kms",
        **{f"KMS_{use.upper()}_KEY": {"Ref": f"{use}KeyArn"} for use in ("Seal", "Mac", "Access", "Proof", "Root")},
        "TENANT_ROLE_ARN": {"Ref": "TenantRoleArn"},
        "MAIL": "ses",
        "MAIL_FROM": {"Ref": "MailSender"},
        "BASE_URL": {"Ref": "PublicUrl"},
        "BLOB_BASE_URL": {
            "Fn::If": [
                "HasBlobBaseUrl",
                {"Ref": "BlobBaseUrl"},
                {"Fn::Sub": "https://s3.${AWS::Region}.${AWS::URLSuffix}"},
            ]
        },
        "SCANNER": {"Ref": "Scanner"},
        "SCANNER_REASON": {"Ref": "ScannerReason"},
        "LOG_LEVEL": {"Ref": "LogLevel"},
        "FRONT_KEYS": {"Ref": "FrontKeys"},
        "FETCH": {"Ref": "Fetch"},
    }
    return {f"FUMIBAKO_{name}": value for name, value in own.items()}
