"""Addresses of the compatible download under contract: the fake and the runtime's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chalicelib.adapters.runtime_fetch_addresses import FrontFetchAddresses, NoFetchAddresses, RuntimeFetchAddresses
from chalicelib.ports.fetch_addresses import FetchAddresses
from tests.contract.harness import Registry, Scene
from tests.fakes.fetch_addresses import FakeFetchAddresses


@dataclass
class FetchAddressesSubject:
    """``present`` of an install with a host that opens files, ``absent`` of one without."""

    present: FetchAddresses
    absent: FetchAddresses


@contextmanager
def fake(_: Scene) -> Iterator[FetchAddressesSubject]:
    yield FetchAddressesSubject(FakeFetchAddresses(), FakeFetchAddresses(away=True))


@contextmanager
def runtime_with_blobs(_: Scene) -> Iterator[FetchAddressesSubject]:
    yield FetchAddressesSubject(RuntimeFetchAddresses(with_blobs=True), NoFetchAddresses())


@contextmanager
def runtime_before_s3(_: Scene) -> Iterator[FetchAddressesSubject]:
    yield FetchAddressesSubject(RuntimeFetchAddresses(with_blobs=False), NoFetchAddresses())


@contextmanager
def behind_the_front(_: Scene) -> Iterator[FetchAddressesSubject]:
    yield FetchAddressesSubject(FrontFetchAddresses(), NoFetchAddresses())


def register(registry: Registry) -> None:
    registry.add("fetch_addresses", "fake", fake)
    registry.add("fetch_addresses", "runtime", runtime_with_blobs)
    registry.add("fetch_addresses", "runtime-s3", runtime_before_s3)
    registry.add("fetch_addresses", "front", behind_the_front)
