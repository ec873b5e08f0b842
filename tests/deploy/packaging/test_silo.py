"""A tenant that is alone in its account: no role is taken, and the function's own policy has all that a transfer needs from end to end."""

import contextlib
import io
from pathlib import Path

import pytest

from deploy.packaging.functions import functions_of
from deploy.packaging.policies import own_statements
from tests.deploy.packaging.aws_install import aws_install
from tests.deploy.packaging.iam_actions import Grant
from tests.deploy.packaging.policy_grants import grants_of
from tests.deploy.packaging.recorder import API, TENANT
from tests.deploy.packaging.rights import without_keys
from tests.service.support import parcel
from tests.service.support.caller import mailed_link
from tests.service.support.people import PASSWORD, invite, prove, sign_in
from tests.service.support.world import ADMIN, BASE

HANAKO, SOTO = "hanako@acme.example", "soto@example.com"
FILES = {"a.txt": b"one", "b.txt": b"two two"}


@pytest.mark.slow
def test_a_transfer_from_create_to_the_guests_disk_without_any_role(tmp_path: Path) -> None:
    with aws_install(tmp_path, pooled=False) as install, contextlib.redirect_stdout(io.StringIO()):
        admin = sign_in(install, ADMIN, install.new_tenant("acme", BASE, ADMIN))["access_token"]
        invite(install, admin, HANAKO)
        hanako = sign_in(install, HANAKO, PASSWORD)["access_token"]
        made = parcel.send(install, hanako, FILES, recipients=[{"email": SOTO}], hold_minutes=0)
        install.settle()
        guest = prove(install, mailed_link(install, SOTO), SOTO)["access_token"]
        assert parcel.fetch(install, guest, made.id) == FILES
        used: dict[str, set[Grant]] = {
            service: install.recorder.used[service, API] for service in ("auth", "transfers")
        }
        everybody = set(install.recorder.used)
        every_right = {grant.action for grants in install.recorder.used.values() for grant in grants}
    assert TENANT not in {function for _, function in everybody}
    assert not [action for action in every_right if action.startswith("sts:")]
    for service, seen in used.items():
        (api,) = [one for one in functions_of(service) if one.kind == "api"]
        assert sorted(without_keys(seen) - grants_of(own_statements(api))) == []
