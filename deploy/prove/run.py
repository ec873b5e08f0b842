"""Running checks: one by one, each ends in proved, failed or not run; only ended credentials end the run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deploy.prove.ask import Account, NotRun
from deploy.prove.check import Check, Facts, Verdict, unknown


@dataclass(frozen=True)
class Result:
    """A check and what became of it. ``step``: what to do next, "" where it is proved."""

    check: Check
    verdict: Verdict
    step: str


NEEDS_PROBE = "It changes something for a moment and cleans up."
NEEDS_MANAGEMENT = "It asks the organisation's management account."


def run(checks: Sequence[Check], account: Account, management: Account | None, *, probe: bool) -> Iterator[Result]:
    """The checks in order. Raises Refused("credentials_expired")."""
    for check in checks:
        yield one(check, account, management, probe=probe)


def one(check: Check, account: Account, management: Account | None, *, probe: bool) -> Result:
    """One check. Raises Refused("credentials_expired")."""
    reason = check.unless(account.stage)
    if reason:
        return Result(check, unknown(reason), "Nothing: this stage does without.")
    if check.probe and not probe:
        return Result(check, unknown(NEEDS_PROBE), "Repeat the command with --probe.")
    asked = management if check.of == "management" else account
    if asked is None:
        return Result(check, unknown(NEEDS_MANAGEMENT), "Name its profile with --management-profile.")
    verdict = _verdict(check, asked)
    if verdict.state == "failed":
        return Result(check, verdict, check.step)
    if verdict.state == "not run":
        return Result(
            check, verdict, "Give the right or the resource that is missing, and repeat the check with --only."
        )
    return Result(check, verdict, "")


def _verdict(check: Check, account: Account) -> Verdict:
    try:
        return check.judge(check.ask(account), Facts(account.stage, account.now))
    except NotRun as why:
        return unknown(str(why))
    except (KeyError, IndexError, StopIteration) as lacking:
        # An answer without a field that every such answer has proves nothing, in either direction.
        return unknown(f"The answer lacks {lacking}.")
    except ValueError as unreadable:
        # A note or a policy that somebody wrote by hand.
        return unknown(f"The answer can't be read: {unreadable}.")
