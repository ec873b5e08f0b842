"""The blocking doors to single calls: a pool of connections, and one attempt of a JSON call over it."""

from collections.abc import Mapping

from fumibako.answers import ServerAnswer, ask_json, server_wrong
from fumibako.blocking import Pool, open_pool
from fumibako.driving import run
from fumibako.line import Answer


def request_json(
    pool: Pool,
    method: str,
    url: str,
    *,
    body: Answer | None = None,
    query: Mapping[str, str | int] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One attempt. Raises ServerRefused for a problem, Retry for what is not an answer of Fumibako or may pass."""
    return run(ask_json(pool.line, method, url, body=body, query=query, headers=headers))


__all__ = ["Answer", "Pool", "ServerAnswer", "open_pool", "request_json", "server_wrong"]
