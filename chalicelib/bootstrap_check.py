"""What `check` asks of the chosen adapters beyond their ports: the clocks of other hosts, and the mail relay."""
# ruff: noqa: PLC0415  # only the SDKs that the settings need are imported

from email.utils import parsedate_to_datetime
from typing import Any

from chalicelib.bootstrap import LazyContext
from chalicelib.domain.errors import StoreAway


def other_clocks(ctx: LazyContext) -> dict[str, int]:
    """What PostgreSQL, DynamoDB and S3 take for now (ms), for those that the settings name. Raises StoreAway.

    AWS refuses requests that are more than five minutes off, and a signed URL lives by the store's clock.
    """
    settings = ctx.settings
    clocks: dict[str, int] = {}
    if settings.store == "postgresql":
        clocks["postgresql"] = _postgresql_now(ctx)
    if settings.store == "dynamodb":
        clocks["dynamodb"] = _aws_now(ctx, "dynamodb")
    if settings.blobs == "s3":
        clocks["s3"] = _aws_now(ctx, "s3")
    return clocks


def probe_mail(ctx: LazyContext) -> str:
    """Sign in at the mail relay and leave without a mail; gives what was found. Raises StoreAway."""
    from chalicelib.adapters.smtp_mail_sender import SMTPMailSender

    mail = ctx.mail
    if isinstance(mail, SMTPMailSender):
        mail.probe()
        return "the relay answers"
    return f"mail = {ctx.settings.mail}"


def _postgresql_now(ctx: LazyContext) -> int:
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with ctx.engine.connect() as connection:
            return int(connection.execute(text("SELECT extract(epoch FROM clock_timestamp()) * 1000")).scalar_one())
    except SQLAlchemyError:
        # From None: a driver's text may quote the URL with its password.
        raise StoreAway("The database does not answer.") from None


def _aws_now(ctx: LazyContext, service: str) -> int:
    from botocore.exceptions import BotoCoreError, ClientError

    from chalicelib import bootstrap_aws

    settings = ctx.settings
    try:
        if service == "s3":
            answer: Any = bootstrap_aws.s3(settings).head_bucket(Bucket=settings.s3_bucket)
        else:
            answer = bootstrap_aws.client(settings, service).describe_table(TableName=settings.dynamodb_table)
    except (ClientError, BotoCoreError):
        raise StoreAway(f"{service} does not answer for this table or bucket.") from None
    date = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
    return int(parsedate_to_datetime(date).timestamp() * 1000)
