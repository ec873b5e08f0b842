"""A release to a stage and back again, over moto's registry, parameters and bucket; the CDK command alone stands in."""

import hashlib

import pytest

from deploy.errors import Refused
from deploy.names import hold_parameter, laid_release_parameter, page_bucket
from deploy.pipeline.bring import back, bring, bring_or_back
from deploy.pipeline.registry import push_image
from deploy.supply.gathering import archive_digest
from tests.deploy.pipeline.account_world import Account


def refused(run: object, code: str) -> Refused:
    assert callable(run)
    with pytest.raises(Refused) as found:
        run()
    assert found.value.code == code
    return found.value


def page(account: Account) -> str:
    held = account.client("s3").get_object(Bucket=page_bucket(account.stage), Key="index.html")
    text: str = held["Body"].read().decode()
    return text


def test_a_release_is_brought_whole(account: Account) -> None:
    folder = account.release("1.0.0")
    assert bring(account.site, folder).version == "1.0.0"
    assert account.calls == [("dev", ["--all"], False)]
    digest = archive_digest(folder / "images" / "fumibako.tar")
    assert account.parameter("image").endswith(f"/fumibako@{digest}")
    assert account.parameter("deployed-version") == "1.0.0"
    assert page(account) == "page of 1.0.0"


def test_the_registry_shows_the_signed_digest(account: Account) -> None:
    archive = account.release("1.0.0") / "images" / "fumibako.tar"
    address = push_image(account.ecr, "fumibako", archive, tag="1.0.0-x")
    (found,) = account.ecr.batch_get_image(repositoryName="fumibako", imageIds=[{"imageTag": "1.0.0-x"}])["images"]
    assert address.endswith(f"@sha256:{hashlib.sha256(found['imageManifest'].encode()).hexdigest()}")
    uploaded = dict(account.ecr.blobs)
    assert push_image(account.ecr, "fumibako", archive, tag="1.0.0-x") == address
    assert account.ecr.blobs == uploaded


def test_an_upload_that_was_broken_off_goes_on(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = account.release("1.0.0") / "images" / "fumibako.tar"
    with monkeypatch.context() as broken:
        broken.setattr(account.ecr, "put_image", lambda **asked: (_ for _ in ()).throw(ConnectionError), raising=False)
        with pytest.raises(ConnectionError):
            push_image(account.ecr, "fumibako", archive, tag="1.0.0-x")
    with monkeypatch.context() as counted:
        counted.setattr(
            account.ecr, "initiate_layer_upload", lambda **asked: pytest.fail("uploaded again"), raising=False
        )
        push_image(account.ecr, "fumibako", archive, tag="1.0.0-x")


def test_what_was_not_signed_changes_nothing(account: Account) -> None:
    folder = account.release("1.0.0")
    (folder / "page" / "index.html").write_text("other", "utf-8")
    refused(lambda: bring(account.site, folder), "release_differs")
    assert account.calls == []


def test_a_stage_that_the_release_does_not_know(account: Account) -> None:
    from dataclasses import replace

    folder = account.release("1.0.0")
    account.stage = replace(account.stage, name="other")
    refused(lambda: bring(account.site, folder), "release_without_stage")
    assert account.calls == []


def test_an_older_release_is_refused(account: Account) -> None:
    bring(account.site, account.release("1.1.0"))
    refused(lambda: bring(account.site, account.release("1.0.0")), "version_older")


def test_an_older_commit_of_the_same_version_is_refused_and_a_newer_one_is_not(account: Account) -> None:
    bring(account.site, account.release("1.0.0", 2_000))
    before = account.parameter("laid-release")
    account.calls.clear()
    told = refused(lambda: bring(account.site, account.release("1.0.0", 1_999)), "release_older")
    assert "runs release 1.0.0-" in told.detail
    assert (account.calls, account.parameter("laid-release")) == ([], before)
    bring(account.site, account.release("1.0.0", 2_001))
    assert account.parameter("laid-release").endswith(" 2001")


def test_after_going_back_what_had_failed_may_come_again_mended(account: Account) -> None:
    good = bring(account.site, account.release("1.0.0", 2_000))
    account.site.store.note_good(account.stage, good)
    bring(account.site, account.release("1.1.0", 3_000))
    back(account.site)
    assert account.parameter("laid-release").endswith(" 2000")
    bring(account.site, account.release("1.0.0", 2_500))


@pytest.mark.parametrize("note", ["?", "1.0.0 abc", "1.0 abc 5", "1.0.0 abc five"])
def test_a_note_that_nobody_can_read_lets_nothing_pass(account: Account, note: str) -> None:
    name = laid_release_parameter(account.stage)
    account.client("ssm").put_parameter(Name=name, Value=note, Type="String")
    refused(lambda: bring(account.site, account.release("1.0.0")), "release_note_unreadable")
    assert account.calls == []


def test_a_stage_that_rings_takes_only_what_mends_it(account: Account) -> None:
    name = account.ring()
    folder = account.release("1.0.0")
    assert name in refused(lambda: bring(account.site, folder), "stage_alarmed").detail
    assert bring(account.site, folder, mends=True).version == "1.0.0"


def test_a_held_stage_takes_no_release_and_goes_not_back(account: Account) -> None:
    """What is deployed would move while records are put back."""
    good = bring(account.site, account.release("1.0.0"))
    account.site.store.note_good(account.stage, good)
    account.client("ssm").put_parameter(Name=hold_parameter(account.stage), Value="{}", Type="String")
    account.calls.clear()
    refused(lambda: bring(account.site, account.release("1.1.0")), "stage_held")
    refused(lambda: back(account.site), "stage_held")
    assert account.calls == []
    # The turn was given back.
    account.client("ssm").delete_parameter(Name=hold_parameter(account.stage))
    assert back(account.site) == good


@pytest.mark.parametrize("behind", ["blob", "image"])
def test_two_stages_of_one_account_get_a_release_at_once(
    account: Account, monkeypatch: pytest.MonkeyPatch, behind: str
) -> None:
    """Each of them looked before the other one wrote: the second finds everything there."""
    folder = account.release("1.0.0")
    archive = folder / "images" / "fumibako.tar"
    release = bring(account.site, folder)
    address = push_image(account.ecr, "fumibako", archive, tag=release.name)
    monkeypatch.setattr(account.ecr, "batch_get_image", lambda **asked: {"images": []}, raising=False)
    if behind == "blob":
        monkeypatch.setattr(
            account.ecr, "batch_check_layer_availability", lambda **asked: {"layers": []}, raising=False
        )
    assert push_image(account.ecr, "fumibako", archive, tag=release.name) == address
    account.site.store.keep(release, folder)


def test_a_failed_deployment_notes_nothing(account: Account) -> None:
    bring(account.site, account.release("1.0.0"))
    account.ends = 1
    refused(lambda: bring(account.site, account.release("1.1.0")), "deploy_failed")
    assert account.parameter("deployed-version") == "1.0.0"
    assert page(account) == "page of 1.0.0"
    # The turn was given back.
    account.ends = 0
    bring(account.site, account.release("1.1.0"))


def test_going_back_leaves_what_keeps_data(account: Account) -> None:
    good = bring(account.site, account.release("1.0.0"))
    account.site.store.note_good(account.stage, good)
    bring(account.site, account.release("1.1.0"))
    image = account.parameter("image")
    account.calls.clear()
    assert back(account.site) == good
    assert account.calls == [("dev", ["fumibako-dev-services"], True)]
    assert page(account) == "page of 1.0.0"
    assert account.parameter("deployed-version") == "1.0.0"
    assert account.parameter("image") != image
    # And forward again.
    bring(account.site, account.release("1.1.0"))
    assert account.parameter("image") == image


def test_without_a_good_release_there_is_no_way_back(account: Account) -> None:
    bring(account.site, account.release("1.0.0"))
    refused(lambda: back(account.site), "no_good_release")


def test_a_release_that_the_registry_lost(account: Account) -> None:
    good = bring(account.site, account.release("1.0.0"))
    account.site.store.note_good(account.stage, good)
    account.ecr.batch_delete_image(repositoryName="fumibako-releases", imageIds=[{"imageTag": good.name}])
    refused(lambda: back(account.site), "release_gone")


def test_a_kept_release_that_was_changed_is_not_laid(account: Account) -> None:
    """Whoever can write to the registry still can't make us deploy."""
    good = bring(account.site, account.release("1.0.0"))
    account.site.store.note_good(account.stage, good)
    for digest, content in account.ecr.blobs.items():
        account.ecr.blobs[digest] = content.replace(b"page of 1.0.0", b"page of 6.6.6")
    account.calls.clear()
    refused(lambda: back(account.site), "release_differs")
    assert account.calls == []


def test_services_that_do_not_answer_send_it_back(account: Account) -> None:
    good = bring(account.site, account.release("1.0.0"))
    account.site.store.note_good(account.stage, good)
    account.faults = ["auth answers 502."]
    # The last good release answers no better here, and says so; it was laid all the same.
    refused(lambda: bring_or_back(account.site, account.release("1.1.0")), "smoke_failed")
    assert page(account) == "page of 1.0.0"


def test_the_first_release_that_does_not_answer_stays_and_is_told(account: Account) -> None:
    account.faults = ["auth answers 502."]
    told = refused(lambda: bring_or_back(account.site, account.release("1.0.0")), "smoke_failed")
    assert account.stage.page_host in told.detail
