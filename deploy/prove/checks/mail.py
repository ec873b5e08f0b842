"""Mail: SES lets us send, signed, fast enough, and raw."""

from collections.abc import Mapping
from typing import Final

from deploy.prove.check import Answers, Check, Facts, Reads, Verdict, call, judged, unknown
from deploy.prove.figures import Figures, total
from deploy.stacks.alarm_table import Figure, own
from deploy.stage import Stage

# 1,000,000 transfers a day with three recipients each, spread over ten hours, would need 84; a beginning needs this.
_A_SECOND: Final = 14


def _domain(stage: Stage) -> str:
    return stage.mail_sender.partition("@")[2]


def _out(found: Answers, facts: Facts) -> Verdict:
    del facts
    account = found["account"]
    holds = bool(account.get("ProductionAccessEnabled")) and bool(account.get("SendingEnabled"))
    status = account.get("EnforcementStatus", "unknown")
    return judged(
        f"production {bool(account.get('ProductionAccessEnabled'))}, standing {status}",
        holds=holds and status == "HEALTHY",
    )


def _signed(found: Answers, facts: Facts) -> Verdict:
    dkim = found["identity"].get("DkimAttributes", {})
    holds = dkim.get("Status") == "SUCCESS" and bool(dkim.get("SigningEnabled"))
    return judged(f"DKIM of {_domain(facts.stage)}: {dkim.get('Status')}", holds=holds)


def _fast(found: Answers, facts: Facts) -> Verdict:
    del facts
    quota = found["account"]["SendQuota"]
    return judged(
        f"{quota['MaxSendRate']:.0f} a second, {quota['Max24HourSend']:.0f} a day",
        holds=quota["MaxSendRate"] >= _A_SECOND,
    )


def _sendings(stage: Stage) -> Mapping[str, Figure]:
    return {
        "sent": Figure("AWS/SES", "Send", {}),
        "failed": own(stage, "EventsFailed", "Consumer", "notifications"),
    }


def _raw(found: Answers, facts: Facts) -> Verdict:
    del facts
    sent, failed = total(found, "sent"), total(found, "failed")
    if not sent:
        return unknown("No mail was sent in the last seven days.")
    return judged(f"{sent:.0f} mails sent, {failed:.0f} events came again", holds=not failed)


CHECKS: Final = (
    Check(
        id="mail-sandbox-left",
        question="May the account send to everybody, and is it in good standing?",
        step="Ask SES for production access; it takes about a day.",
        ask=Reads(account=call("sesv2.GetAccount")),
        judge=_out,
    ),
    Check(
        id="mail-signed",
        question="Are mails of the sender's domain signed by DKIM?",
        step="Put SES's three CNAME records into the domain's DNS.",
        ask=Reads(identity=call("sesv2.GetEmailIdentity", EmailIdentity=_domain)),
        judge=_signed,
    ),
    Check(
        id="mail-rate",
        question="Does SES take at least 14 mails a second?",
        step="Ask Service Quotas for a higher sending rate.",
        ask=Reads(account=call("sesv2.GetAccount")),
        judge=_fast,
    ),
    Check(
        id="mail-raw-right",
        question="Do `ses:SendEmail` and `ses:SendRawEmail` suffice for a raw message?",
        step="Read the refusal in the log of notifications' on_events.",
        ask=Figures(days=7, of=_sendings),
        judge=_raw,
    ),
)
