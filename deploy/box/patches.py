"""What AWS does and the emulator (MiniStack 1.5.33) does not, put right inside its process.

- An OPTIONS method with a mock integration answers as its template says (Chalice's preflight);
- binary media types and gateway responses that are carried in the OpenAPI body are honoured;
- a function that logs nothing is waited for 3 ms, not 50;
- schedules are looked at every second, so that a clock that was moved ahead is noticed at once;
- a range of a version of an object is that range, not the whole version;
- a queue's highest concurrency that comes as text, as parameters of a template do, is a number.

Should a new version of the emulator do one of these by itself, its patch does no harm; a name that is gone ends the start with an AttributeError.
"""
# ruff: noqa: SLF001  # another program's inside is what this is about

import importlib
from typing import Any, Final

_TICK_SECONDS: Final = 1


def patch() -> None:
    """All of them, before the emulator serves."""
    _patch_gateway(importlib.import_module("ministack.services.apigateway_v1"))
    _patch_log_wait(importlib.import_module("ministack.core.lambda_runtime"))
    _patch_ranges(importlib.import_module("ministack.services.s3"))
    _patch_concurrency(importlib.import_module("ministack.services.lambda_svc"))
    scheduler: Any = importlib.import_module("ministack.services.eventbridge")
    scheduler._SCHEDULER_TICK_INTERVAL = _TICK_SECONDS


def _patch_concurrency(functions: Any) -> None:
    real = functions._sqs_esm_concurrency

    def concurrency(mapping: Any, *rest: Any) -> int:
        scaling = {name: int(value) for name, value in (mapping.get("ScalingConfig") or {}).items()}
        return int(real({**mapping, "ScalingConfig": scaling}, *rest))

    functions._sqs_esm_concurrency = concurrency


def _patch_ranges(store: Any) -> None:
    real = store._get_object

    def get_object(bucket: str, key: str, headers: Any, query: Any = None) -> Any:
        status, told, body = real(bucket, key, headers, query)
        wanted = headers.get("range", "")
        if status != 200 or not wanted or "versionId" not in (query or {}):
            return status, told, body
        found = store._parse_range(wanted, len(body))
        if found is None:
            return 416, {"Content-Range": f"bytes */{len(body)}"}, b""
        first, last = found
        piece = body[first : last + 1]
        place = {"Content-Range": f"bytes {first}-{last}/{len(body)}", "Content-Length": str(len(piece))}
        return 206, {**told, **place}, piece

    store._get_object = get_object


def _patch_log_wait(runtime: Any) -> None:
    worker = next(
        one for one in vars(runtime).values() if isinstance(one, type) and "_drain_stderr_bounded" in vars(one)
    )
    real = worker._drain_stderr_bounded  # type: ignore[attr-defined]

    def drain(self: Any, first_line_wait: float = 0.05, idle_confirm: float = 0.002, hard_cap: float = 0.25) -> str:
        return str(real(self, min(first_line_wait, 0.003), idle_confirm, hard_cap))

    worker._drain_stderr_bounded = drain  # type: ignore[attr-defined]


def _patch_gateway(gateway: Any) -> None:
    import_operation, import_api = gateway._import_operation, gateway._import_rest_api

    def operation(api: str, resource: str, method: str, told: Any, *rest: Any) -> None:
        import_operation(api, resource, method, told, *rest)
        integration = (told or {}).get("x-amazon-apigateway-integration") or {}
        if str(integration.get("type", "")).lower() == "mock":
            made = gateway._resources[api][resource]["resourceMethods"][method]["methodIntegration"]
            made["requestTemplates"] = integration.get("requestTemplates") or {}
            made["integrationResponses"] = _mock_answers(integration)

    def api(spec: Any, base: Any = None) -> Any:
        data, binary = dict(base or {}), spec.get("x-amazon-apigateway-binary-media-types")
        if binary:
            data["binaryMediaTypes"] = list(binary)
        made = import_api(spec, data)
        for kind, told in (spec.get("x-amazon-apigateway-gateway-responses") or {}).items():
            gateway._put_gateway_response(made, kind, told)
        return made

    gateway._import_operation, gateway._import_rest_api = operation, api


def _mock_answers(integration: Any) -> dict[str, Any]:
    return {
        str(answer.get("statusCode", "200")): {
            "statusCode": str(answer.get("statusCode", "200")),
            "selectionPattern": "" if pattern == "default" else pattern,
            "responseParameters": answer.get("responseParameters") or {},
            "responseTemplates": answer.get("responseTemplates") or {},
        }
        for pattern, answer in (integration.get("responses") or {}).items()
    }
