"""The peer of ``api``: the same work in FastAPI. ``python -m bench.requests.fastapi_service FOLDER PORT``.

Sign-in, rates, use cases and store are the product's own; routing, decoding, checking, handing over to threads and rendering are FastAPI's,
pydantic's and uvicorn's. It has no log line, no metrics, no security headers and no request ids.
"""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import uvicorn
from fastapi import FastAPI, Request  # type: ignore[import-not-found]  # fastapi.lock

from bench.requests.pydantic_bodies import model_of
from bench.requests.site import context_of
from chalicelib.api.authorizer import authorized_context, bearer_of
from chalicelib.api.describe import Call
from chalicelib.api.throttle import throttle
from chalicelib.api.transfers_read import create_command
from chalicelib.api.transfers_render import created_answer, transfer_answer
from chalicelib.api.transfers_types import CreatedAnswer, CreateTransferBody, TransferAnswer
from chalicelib.bootstrap import LazyContext
from chalicelib.domain.principal import Principal
from chalicelib.use_cases.accounts.authorize import authorize
from chalicelib.use_cases.sending.create_transfer import create_transfer
from chalicelib.use_cases.sending.show_transfer import show_transfer

NewTransfer = model_of(CreateTransferBody)


def service(ctx: LazyContext) -> FastAPI:
    """Two routes. Sign-in is called in the handler: as a dependency it would cost a second hand-over to a thread."""
    app = FastAPI(openapi_url=None)

    @app.get(  # type: ignore[untyped-decorator]
        "/transfers/v1/transfers/{transfer}",
        response_model=model_of(TransferAnswer),
        response_model_exclude_none=True,
    )
    def show(transfer: str, request: Request) -> Any:
        return transfer_answer(show_transfer(ctx, _signed_in(ctx, request), transfer))

    @app.post(  # type: ignore[untyped-decorator]
        "/transfers/v1/transfers",
        status_code=201,
        response_model=model_of(CreatedAnswer),
        response_model_exclude_none=True,
    )
    def create(body: NewTransfer, request: Request) -> Any:  # type: ignore[valid-type]  # made above
        who = _signed_in(ctx, request)
        sent: Any = body
        call: Call[Any] = Call(who, sent, {}, {}, request.headers, _address(request), request.headers["host"])
        created = create_transfer(ctx, who, create_command(call))
        return created_answer(created, [one.name for one in sent.files])

    return app


def _signed_in(ctx: LazyContext, request: Request) -> Principal:
    authorized = authorize(ctx, bearer_of(request.headers.get("authorization")))
    context = {"authorizer": authorized_context(authorized), "identity": {"sourceIp": _address(request)}}
    throttle(lambda: ctx, SimpleNamespace(context=context), address_rate=1_000_000)  # type: ignore[arg-type]
    return authorized.principal


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def main(folder: Path, port: int) -> None:
    config = uvicorn.Config(
        service(context_of(folder)),
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
