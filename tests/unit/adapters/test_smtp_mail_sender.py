"""What SMTP adds to the contract of mail: encryption, sign-in, and which answer means what."""

import datetime
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.adapters.smtp_mail_sender import SMTPMailSender
from chalicelib.domain.errors import Refused, StoreAway
from tests.contract.adapters_mail import MAIL
from tests.smtp_server import PASSWORD, USER, smtp_server


@pytest.fixture
def contexts(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a fresh certificate for localhost, and a client's that trusts it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    client = ssl.create_default_context(cadata=certificate.public_bytes(serialization.Encoding.PEM).decode())
    return server, client


def test_starttls_encrypts_and_checks_the_certificate(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = contexts
    with smtp_server(starttls=server) as listening:
        SMTPMailSender("localhost", listening.port, tls=client, timeout=5).send(MAIL)
        assert [one.encrypted for one in listening.messages] == [True]
        with pytest.raises(StoreAway):
            SMTPMailSender("localhost", listening.port, timeout=5).send(MAIL)
        assert len(listening.messages) == 1


def test_tls_from_the_start(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = contexts
    with smtp_server(tls=server) as listening:
        SMTPMailSender("localhost", listening.port, security="tls", tls=client, timeout=5).send(MAIL)
        assert [one.encrypted for one in listening.messages] == [True]


def test_a_relay_without_starttls_gets_nothing() -> None:
    with smtp_server() as listening:
        with pytest.raises(StoreAway):
            SMTPMailSender("127.0.0.1", listening.port, timeout=5).send(MAIL)
        assert listening.messages == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # of aiosmtpd: on the loopback that is what is tested
def test_sign_in_is_used_and_a_wrong_one_is_away_without_showing_the_password() -> None:
    with smtp_server(auth=True) as listening:
        right = SMTPMailSender("127.0.0.1", listening.port, security="none", user=USER, password=PASSWORD, timeout=5)
        right.send(MAIL)
        wrong = SMTPMailSender("127.0.0.1", listening.port, security="none", user=USER, password="guess", timeout=5)
        with pytest.raises(StoreAway) as away:
            wrong.send(MAIL)
        assert len(listening.messages) == 1
    assert "guess" not in str(away.value)
    assert away.value.__suppress_context__


@pytest.mark.parametrize(
    ("to", "kind", "code"),
    [
        ("refused-550@example.com", Refused, "mail_refused"),
        ("later-451@example.com", StoreAway, "store_away"),
        ("data-554@example.com", Refused, "mail_refused"),
        ("data-452@example.com", StoreAway, "store_away"),
    ],
)
def test_5xx_is_for_good_and_4xx_is_for_later(to: str, kind: type[Refused], code: str) -> None:
    with smtp_server() as listening:
        sender = SMTPMailSender("127.0.0.1", listening.port, security="none", timeout=5)
        with pytest.raises(kind) as refused:
            sender.send(replace(MAIL, to=to))
        assert refused.value.code == code
        assert to not in str(refused.value)
        # The SDK's own error names the recipient: a logged traceback must not show it either.
        assert refused.value.__suppress_context__
        assert listening.messages == []


def test_envelope_sender_is_the_tenants_address() -> None:
    with smtp_server() as listening:
        SMTPMailSender("127.0.0.1", listening.port, security="none", timeout=5).send(MAIL)
        assert listening.messages[0].sender == MAIL.sender_address
