"""The Lambda context object, as far as a host has one (https://docs.aws.amazon.com/lambda/latest/dg/python-context.html)."""

import time
from dataclasses import dataclass, field
from typing import Final

LIMIT_MS: Final = 29_000


@dataclass(frozen=True, slots=True)
class HostContext:
    """``aws_request_id`` is the request id or the delivery's; a host has no function name, version or memory limit of its own."""

    aws_request_id: str
    function_name: str = "fumibako"
    function_version: str = "host"
    invoked_function_arn: str = "arn:aws:lambda:local:000000000000:function:fumibako"
    memory_limit_in_mb: str = "0"
    log_group_name: str = ""
    log_stream_name: str = ""
    began: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        """What is left of API Gateway's 29 seconds; a host does not cut a request off."""
        return max(0, LIMIT_MS - int((time.monotonic() - self.began) * 1000))
