"""A port where nobody listens."""

import socket

import pytest


@pytest.fixture
def unused_tcp_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
