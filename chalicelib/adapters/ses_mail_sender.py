"""Mail by Amazon SES (API v2, raw messages: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html).

SES replaces Message-ID and Date by its own; the caller's record is what tells whether a mail was sent.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own

from chalicelib.adapters.host_time import host_ms
from chalicelib.adapters.mime_message import mime_message
from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.ports.mail import Mail

REFUSED = frozenset({"MessageRejected", "BadRequestException"})
AWAY = frozenset(
    {
        "TooManyRequestsException",
        "LimitExceededException",
        "Throttling",
        "ThrottlingException",
        "SendingPausedException",
        "InternalServiceErrorException",
        "InternalFailure",
        "ServiceUnavailable",
        "500",
        "503",
    }
)


class SESMailSender:
    """``client`` is boto3's ``sesv2``; ``configuration_set`` where bounces are followed. ``now`` gives ms."""

    def __init__(self, client: Any, *, configuration_set: str | None = None, now: Callable[[], int] = host_ms) -> None:
        self._client = client
        self._now = now
        self._extra = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def send(self, mail: Mail) -> None:
        message = mime_message(mail, now=self._now())
        try:
            self._client.send_email(
                FromEmailAddress=mail.sender_address,
                Destination={"ToAddresses": [mail.to]},
                Content={"Raw": {"Data": message}},
                **self._extra,
            )
        except ClientError as error:
            # "from None" for the two that are ours: SES repeats addresses in its texts.
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in REFUSED:
                raise Refused("mail_refused", f"The mail system refused the mail for good ({code}).") from None
            if code in AWAY:
                raise StoreAway(f"The mail system did not take the mail yet ({code}).") from None
            raise
        except (ConnectionError, HTTPClientError):
            raise StoreAway("The mail system does not answer.") from None
