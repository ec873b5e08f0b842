"""Both registries keep the same promises."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.errors import Refused
from deploy.tenants.lifecycle.registry import FileRegistry, Registry
from deploy.tenants.lifecycle.registry_dynamodb import DynamoDBRegistry
from deploy.tenants.lifecycle.tenancy import Tenancy, from_json
from tests.contract.aws_world import aws_world
from tests.deploy.tenants.lifecycle_world import POOLED, SILO, make_table

Open = Callable[[], Registry]


@pytest.fixture(params=["dynamodb", "file"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    if request.param == "file":
        yield lambda: FileRegistry(tmp_path / "folder" / "registry.json")
        return
    with aws_world() as world:
        make_table(world.client("dynamodb"), "tenancies", ("pk",))
        yield lambda: DynamoDBRegistry(world.client("dynamodb"), "tenancies")


def test_what_is_written_is_read_by_another_process(registry: Open) -> None:
    assert registry().get("acme") is None
    first = registry().save(Tenancy(SILO))
    second = registry().save(first.with_done("account", {"account": "111122223333"}))
    found = registry().get("acme")
    assert found == second
    assert (first.version, second.version) == (1, 2)
    assert found.fact("account", "account") == "111122223333"
    registry().save(Tenancy(POOLED))
    assert [one.tenant for one in registry().every()] == ["acme", "beta"]


def test_the_order_of_what_was_done_is_kept(registry: Open) -> None:
    steps = ["stacks", "account", "members"]
    tenancy = Tenancy(SILO)
    for step in steps:
        tenancy = tenancy.with_done(step, {})
    registry().save(tenancy)
    found = registry().get("acme")
    assert found is not None
    assert list(found.done) == steps


def test_of_two_writers_one_is_refused(registry: Open) -> None:
    first = registry().save(Tenancy(SILO))
    registry().save(replace(first, goal="undone"))
    for late in (
        lambda: registry().save(first),
        lambda: registry().remove(first),
        lambda: registry().save(Tenancy(SILO)),
    ):
        with pytest.raises(Refused) as refused:
            late()
        assert refused.value.code == "changed_meanwhile"


def test_removing_twice_is_no_error(registry: Open) -> None:
    written = registry().save(Tenancy(SILO))
    registry().remove(written)
    registry().remove(written)
    assert registry().every() == []


def test_a_claim_is_one_tenants(registry: Open) -> None:
    assert registry().claim("account", "1", "acme")
    assert registry().claim("account", "1", "acme")
    assert not registry().claim("account", "1", "beta")
    assert registry().claim("host", "1", "beta")
    assert (registry().claimed("account", "acme"), registry().claimed("account", "beta")) == (["1"], [])
    registry().release("account", "1", "beta")
    assert not registry().claim("account", "1", "beta")
    registry().release("account", "1", "acme")
    registry().release("account", "1", "acme")
    assert registry().claim("account", "1", "beta")


def test_of_many_who_claim_at_once_one_gets_it(registry: Open) -> None:
    got: list[str] = []
    start = threading.Barrier(8)

    def claim(name: str) -> None:
        start.wait()
        if registry().claim("account", "1", name):
            got.append(name)

    threads = [threading.Thread(target=claim, args=(f"t{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_a_record_that_is_none_is_told() -> None:
    for text in ("", "[]", "{}", '{"asked": {"tenant": "a"}, "goal": "active", "done": {}}'):
        with pytest.raises(Refused) as refused:
            from_json(text, 1)
        assert refused.value.code == "registry_unreadable"


def test_a_crash_while_writing_leaves_the_former_file(tmp_path: Path) -> None:
    path = tmp_path / "registry.json"
    registry = FileRegistry(path)
    registry.save(Tenancy(SILO))
    before = path.read_text("utf-8")
    (tmp_path / "registry.json.new").write_text("half", "utf-8")
    assert FileRegistry(path).get("acme") is not None
    assert path.read_text("utf-8") == before
