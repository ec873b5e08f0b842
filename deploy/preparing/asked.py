"""What an account lacks that no program can give it: quotas, records in DNS, SES outside its sandbox. Told, with whom to ask."""

from collections.abc import Iterator
from typing import Any

from deploy.account import Clients
from deploy.before import concurrency_quota
from deploy.names import downloads_host
from deploy.stage import Stage


def asked(clients: Clients, stage: Stage) -> Iterator[str]:
    """A sentence for each; nothing where the account is ready for a first deployment."""
    given = concurrency_quota(clients("lambda"))
    if given < stage.account_concurrency:
        yield (
            f"Lambda runs {given} executions at once here, the stage counts on {stage.account_concurrency}: "
            "ask Service Quotas for L-B99A9384."
        )
    yield from _mail(clients("sesv2"), stage)
    if not stage.hosted_zone_id:
        hosts = [stage.page_host, stage.api_host, *stage.tenant_hosts]
        if stage.compatible_downloads:
            hosts.append(downloads_host(stage))
        yield f"DNS is not ours: {', '.join(hosts)} get their records by hand (docs/cloud/first-deployment.md)."


def in_sandbox(ses: Any) -> bool:
    """Whether SES mails verified addresses alone (https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html)."""
    return not ses.get_account().get("ProductionAccessEnabled", False)


def _mail(ses: Any, stage: Stage) -> Iterator[str]:
    if in_sandbox(ses):
        yield "SES is in its sandbox and mails nobody outside: ask AWS for production access."
    domain = stage.mail_sender.rpartition("@")[2]
    try:
        found = ses.get_email_identity(EmailIdentity=domain)
    except ses.exceptions.NotFoundException:
        return
    if not found.get("VerifiedForSendingStatus", False):
        for token in found.get("DkimAttributes", {}).get("Tokens", []):
            yield f"DNS: CNAME {token}._domainkey.{domain} to {token}.dkim.amazonses.com."
