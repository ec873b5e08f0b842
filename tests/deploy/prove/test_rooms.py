"""Numbers that checks repeat because their own file needs CDK are those of the stacks."""

from deploy.cost.quotas import load_quotas
from deploy.packaging.lambda_resources import ALIAS
from deploy.pipeline import account_stack, stack, store
from deploy.prove.checks import containers, conveyor, functions, identity, messages, quotas, recovery, web
from deploy.stacks import downloads as downloads_stack
from deploy.stacks import identity_export, scanner
from deploy.stacks import messaging as messaging_stack
from deploy.stacks.containers import STOP_SECONDS
from deploy.stacks.downloads_balancer import DRAIN_SECONDS
from deploy.stacks.service_template import REQUESTS_A_SECOND
from deploy.stilling.switches import KINDS


def test_of_identity() -> None:
    assert identity.EXPORT_KEY == identity_export.EXPORT_KEY


def test_of_messaging() -> None:
    assert messages._RECEIVES == messaging_stack.MAX_RECEIVES
    assert int(messages._VISIBLE) == messaging_stack.VISIBLE_AFTER.to_seconds()
    assert int(messages._KEPT) == messaging_stack.RETENTION.to_seconds()


def test_of_containers() -> None:
    from deploy.prove.checks import downloads

    assert containers._STOP_SECONDS == STOP_SECONDS
    assert {
        "scanner": (0, scanner.STEPS[-1][1]),
        "downloads": (downloads_stack.LEAST, downloads_stack.MOST),
    } == containers._MOST
    assert int(downloads._DRAIN) == DRAIN_SECONDS


def test_of_services() -> None:
    assert functions._ALIAS == ALIAS
    assert web.RATE == REQUESTS_A_SECOND


def test_of_quotas() -> None:
    assert {*quotas.CODES, *quotas.MAILS} <= {one.name for one in load_quotas().quotas}


def test_of_what_can_be_held() -> None:
    assert set(recovery.ASKED) == set(KINDS)


def test_of_the_pipeline() -> None:
    assert conveyor.PIPELINE == stack.NAME
    assert conveyor.RELEASE_ROLE == account_stack.RELEASE_ROLE
    assert conveyor.REPOSITORY == store.REPOSITORY
    assert conveyor.KIND == store._KIND
