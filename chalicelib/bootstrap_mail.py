"""Which mail sender the settings mean."""
# ruff: noqa: PLC0415  # only the SDKs that the settings need are imported

from pathlib import Path

from chalicelib.ports.clock import Clock
from chalicelib.ports.mail import MailSender
from chalicelib.settings import Settings


def mail_sender(settings: Settings, clock: Clock) -> MailSender:
    """SMTP, SES, or the maildir of an evaluation."""
    if settings.mail == "ses":
        from chalicelib import bootstrap_aws

        return bootstrap_aws.mail_sender(settings, clock)
    if settings.mail == "smtp":
        from chalicelib.adapters.smtp_mail_sender import SMTPMailSender

        return SMTPMailSender(
            settings.smtp_host,
            settings.smtp_port,
            now=clock.now_ms,
            security=settings.smtp_security,
            user=settings.smtp_user or None,
            password=_password(settings.smtp_password_file),
        )
    from chalicelib.adapters.maildir_mail_sender import MaildirMailSender

    return MaildirMailSender(str(settings.data_dir.absolute() / "mail"), now=clock.now_ms)


def _password(path: str) -> str | None:
    return Path(path).read_text("utf-8").split("\n", 1)[0].rstrip("\r") if path else None
