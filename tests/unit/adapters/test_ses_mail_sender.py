"""What SES's errors mean, as pairs: known ones become ours without an address in the text, others pass up."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from chalicelib.adapters.ses_mail_sender import SESMailSender
from chalicelib.domain.errors import Refused, StoreAway
from tests.contract.adapters_mail import MAIL


class Raising:
    """A client whose every call fails; SES can't be brought to most of these."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.sent: list[dict[str, Any]] = []

    def send_email(self, **arguments: Any) -> None:
        self.sent.append(arguments)
        raise self.error


def answer(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"about {MAIL.to}"}}, "SendEmail")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (answer("MessageRejected"), "mail_refused"),
        (answer("BadRequestException"), "mail_refused"),
        (answer("TooManyRequestsException"), "store_away"),
        (answer("SendingPausedException"), "store_away"),
        (answer("503"), "store_away"),
        (EndpointConnectionError(endpoint_url="https://email.example"), "store_away"),
        (ReadTimeoutError(endpoint_url="https://email.example"), "store_away"),
    ],
)
def test_known_errors_become_ours(error: Exception, code: str) -> None:
    with pytest.raises(Refused) as refused:
        SESMailSender(Raising(error)).send(MAIL)
    assert refused.value.code == code
    assert isinstance(refused.value, StoreAway) == (code == "store_away")
    assert MAIL.to not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("error", [answer("AccessDeniedException"), answer("NotFoundException"), NoCredentialsError()])
def test_others_pass_up(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        SESMailSender(Raising(error)).send(MAIL)
    assert raised.value is error


def test_the_configuration_set_is_named_where_there_is_one() -> None:
    client = Raising(answer("MessageRejected"))
    for name in ("bounces", None):
        with pytest.raises(Refused):
            SESMailSender(client, configuration_set=name).send(MAIL)
    assert client.sent[0]["ConfigurationSetName"] == "bounces"
    assert "ConfigurationSetName" not in client.sent[1]
