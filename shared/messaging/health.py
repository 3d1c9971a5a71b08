"""`/livez`, `/readyz` and `/metrics` over HTTP, for whoever runs the service."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from shared.messaging.metrics import Metrics

Checks = Callable[[], Awaitable[dict[str, str]]]
"""Each part's name, with '' when it is well and a sentence when it isn't."""


def application(metrics: Metrics, checks: Checks) -> Starlette:
    """The three pages."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        parts = await checks()
        ready = not any(parts.values())
        return JSONResponse(
            {"ready": ready, "parts": {name: text or "ok" for name, text in parts.items()}}, 200 if ready else 503
        )

    async def page(_: Request) -> Response:
        return Response(metrics.page(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", page)])


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


@contextlib.asynccontextmanager
async def serving(app: Starlette, host: str, port: int) -> AsyncIterator[int]:
    """Serve within the event loop; yields the port. Raises OSError when it is taken."""
    sockets = uvicorn.Config(app, host=host, port=port)
    loop = asyncio.get_running_loop()
    listener = await loop.run_in_executor(None, _listen, sockets)
    server = _Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


def _listen(config: uvicorn.Config):  # type: ignore[no-untyped-def]
    import socket

    listener = socket.create_server((config.host, config.port), reuse_port=False)
    listener.setblocking(False)
    return listener
