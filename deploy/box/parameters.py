"""What the packaged templates are told in the box. A template that asks for more than is known here is refused, with the name it asks for."""

from collections.abc import Mapping
from typing import Any, Final

from deploy import names
from deploy.errors import Refused
from deploy.stage import Stage

NO_SCANNER: Final = "This box was asked to do without a scanner."


def values(stage: Stage, shared: Mapping[str, str], *, public_url: str, endpoint: str) -> dict[str, str]:
    """Every parameter that some template may ask for. ``shared``: the parameters that stacks share, by their names in deploy.names.PARAMETERS."""
    keys = {use: shared[f"key-{use}-arn"] for use in (*names.PRODUCT_KEYS, *names.STORE_KEYS)}
    return {
        "Stage": stage.name,
        "RecordsTable": names.records_table(stage),
        "WrappedKeysTable": names.wrapped_keys_table(stage),
        "BlobsBucket": names.blobs_bucket(stage),
        "EventsTopicArn": shared["events-topic-arn"],
        "OutboxStreamArn": shared["records-stream-arn"],
        **{f"{_title(use)}KeyArn": arn for use, arn in keys.items()},
        "LogsKeyArn": "",
        "PublicUrl": public_url,
        "BlobBaseUrl": endpoint,
        "MailSender": stage.mail_sender,
        # http on a loopback address: production refuses it.
        "Mode": "evaluation",
        "Scanner": "clamd" if stage.scanner else "none",
        "ScannerReason": "" if stage.scanner else NO_SCANNER,
        # A container opens files for browsers that can't, behind the box's front.
        "Fetch": "front",
        "LogDays": str(stage.log_days),
        "AccessLogs": "false",
        "AwsEndpoint": endpoint,
        "S3Endpoint": endpoint,
    }


def of_template(service: str, template: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
    """The values for one template's parameters. Raises Refused("parameter_unknown")."""
    asked: Mapping[str, Any] = template.get("Parameters", {})
    missing = sorted(name for name, one in asked.items() if name not in known and "Default" not in one)
    if missing:
        raise Refused(
            "parameter_unknown",
            f"The template of {service} asks for {', '.join(missing)}.",
            "Say in deploy/box/parameters.py what they are in the box.",
        )
    return {name: known[name] for name in asked if name in known}


def _title(use: str) -> str:
    return "".join(word.capitalize() for word in use.split("-"))
