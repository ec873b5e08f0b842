"""Every request of these tests is held to the policies that it has where tenants share an account."""

from collections.abc import Iterator

import pytest

from tests.service.key_kinds import held_to_the_policies


@pytest.fixture(scope="package", autouse=True)
def policies() -> Iterator[None]:
    """For all tests of this folder."""
    with held_to_the_policies():
        yield
