"""The web application: each address with its function, and what holds for all of them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.notify import pages
from services.notify.pages import opening, registry, trouble
from services.notify.pages.context import Context
from services.notify.pages.headers import Headers, Log
from services.notify.pages.opening import Opened
from services.notify.pages.page import Page
from services.notify.pages.registry import Shows, Who
from services.notify.pages.statics import static
from services.notify.pages.trouble import Mistakes, Stop
from shared.ids import id_from
from shared.messaging.processor import Outage, failure
from shared.telemetry import logger

log = logger(__name__)
Opening = Callable[[Context, Request], Awaitable[Page]]
METHODS = ["GET", "POST"]
ONE_CLICK = b"One-Click"


def application(context: Context) -> Starlette:
    """All pages, on what they stand on."""
    _load()
    routes = [
        Route("/l/{token}", _endpoint(context, opening.by_link, _opened), methods=METHODS),
        Route("/u/{token}", _endpoint(context, _by_link_or_button, _opened), methods=METHODS),
        Route("/static/{name}", static, methods=["GET"]),
    ]
    # What stands before what has a gap in its address: `/mine/copy` before `/mine/{what}`.
    entries = sorted(registry.ENTRIES, key=lambda each: ("{" in each.path, each.path))
    routes += [
        Route(each.path, _endpoint(context, _opening(each.who), each.handle), methods=METHODS) for each in entries
    ]
    handlers: dict[Any, Any] = {HTTPException: _not_there(context), Exception: _failed(context)}
    return Starlette(
        routes=routes, middleware=[Middleware(Log), Middleware(Headers, hsts=context.settings.hsts)],
        exception_handlers=handlers,
    )  # fmt: skip


def _load() -> None:
    """Every module of pages, so that each has named its functions."""
    for module in pkgutil.walk_packages(pages.__path__, f"{pages.__name__}."):
        importlib.import_module(module.name)


async def _opened(page: Page) -> Response:
    """What a link opens, by its purpose."""
    assert page.link is not None
    handle = registry.OPENED_BY.get(page.link.purpose)
    if handle is None:
        raise trouble.unknown_link()
    return await handle(page)


async def _by_link_or_button(context: Context, request: Request) -> Page:
    """No more mail of a kind: by a form of ours, or by the button of a mail program, which sends no form (RFC 8058)."""
    if request.method != "POST" or ONE_CLICK not in await opening.body(request):
        return await opening.by_link(context, request)
    page = await opening.by_link(context, request, bare=True)
    assert page.link is not None
    page.posted, page.form_id = page.link.purpose == "unsubscribe", id_from("one-click", page.link.digest.hex())
    return page


def _opening(who: Who) -> Opening:
    if who == "anyone":
        return opening.anyone

    async def by_session(context: Context, request: Request) -> Page:
        return await opening.by_session(context, request, who)

    return by_session


def _endpoint(context: Context, open_page: Opening, handle: Shows) -> Callable[[Request], Awaitable[Response]]:
    """Open the page, let its function answer, and turn what comes between into a page of its own."""

    async def endpoint(request: Request) -> Response:
        page: Page | None = None
        try:
            page = await open_page(context, request)
            response = await _answered(page, handle)
        except Opened as opened:
            response = opened.page.stop(opened.what)
        except Stop as stop:
            response = (page or opening.nobody(context, request)).stop(stop)
        except Outage:
            response = (page or opening.nobody(context, request)).stop(trouble.away())
        except HTTPException:
            raise
        except Exception as error:  # noqa: BLE001 - raised further, its words, in which a name may stand, are logged
            response = await _failed(context)(request, error)
        return _remember_language(context, request, response)

    return endpoint


async def _answered(page: Page, handle: Shows) -> Response:
    try:
        return await handle(page)
    except Mistakes as found:
        mistakes = found.mistakes
    try:
        return await handle(page.again(mistakes))
    except Mistakes:  # not in what was filled in, but in the address
        raise trouble.not_found() from None


def _remember_language(context: Context, request: Request, response: Response) -> Response:
    chosen = request.query_params.get(opening.LANGUAGE)
    if chosen in context.settings.policy.languages:
        response.set_cookie(
            opening.LANGUAGE, chosen, max_age=365 * 86_400, httponly=True, samesite="lax", secure=context.secure
        )
    return response


def _not_there(context: Context) -> Any:
    async def handler(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            return Response(status_code=405, headers=error.headers)
        return opening.nobody(context, request).stop(trouble.not_found())

    return handler


def _failed(context: Context) -> Any:
    async def handler(request: Request, error: Exception) -> Response:
        log.error("a page could not be made", **failure(error))
        return opening.nobody(context, request).stop(Stop("failed", 500))

    return handler
