"""AWS's quotas of the account, against the numbers that the load on paper counts on (deploy/cost/quotas.toml)."""

from typing import Final

from deploy.cost.quotas import load_quotas
from deploy.prove.ask import Account
from deploy.prove.check import Answers, Check, Facts, Steps, Verdict, without_faults

# Name in quotas.toml -> (service, code) in Service Quotas. What stands in no Service Quotas (S3's prefixes, SQS in flight) cannot be asked.
CODES: Final = {
    "API Gateway: requests of an account": ("apigateway", "L-8A5B8E43"),
    "DynamoDB: read units of a table": ("dynamodb", "L-CF0CBE56"),
    "DynamoDB: write units of a table": ("dynamodb", "L-AB614373"),
    "KMS: requests with elliptic curves": ("kms", "L-DC14942D"),
    "KMS: symmetric and HMAC requests": ("kms", "L-6E3AF000"),
    "Lambda: executions at once": ("lambda", "L-B99A9384"),
}
# SES tells its own.
MAILS: Final = {"SES: mails of a day": "Max24HourSend", "SES: mails of a second": "MaxSendRate"}


def _quotas(account: Account) -> Answers:
    asked = {
        name: account.ask("service-quotas.GetServiceQuota", ServiceCode=service, QuotaCode=quota)
        for name, (service, quota) in CODES.items()
    }
    return {**asked, "mail": account.ask("sesv2.GetAccount")}


def _enough(found: Answers, facts: Facts) -> Verdict:
    del facts
    counted_on = {one.name: one.limit for one in load_quotas().quotas}
    has = {name: float(found[name]["Quota"]["Value"]) for name in CODES}
    has |= {name: float(found["mail"]["SendQuota"][field]) for name, field in MAILS.items()}
    faults = [
        f"{name} {value:.0f} of {counted_on[name]:.0f}" for name, value in has.items() if value < counted_on[name]
    ]
    return without_faults(faults, f"{len(has)} quotas as high as the load counts on")


CHECKS: Final = (
    Check(
        id="scale-quotas",
        question="Are AWS's quotas as high as the load on paper counts on?",
        step="Ask Service Quotas for more; it takes days.",
        ask=Steps(_quotas, ("service-quotas.GetServiceQuota", "sesv2.GetAccount")),
        judge=_enough,
    ),
)
