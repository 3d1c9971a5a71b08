"""The doors: a session from a link, no more mail of a kind, and a new link for who has none that works."""

from __future__ import annotations

from starlette.responses import Response

from services.notify import links
from services.notify.domain.links import Link, standing
from services.notify.pages import guard, opening, trouble
from services.notify.pages.page import Page
from services.notify.pages.registry import desk, mine, open_to_all, opens
from services.notify.pages.trouble import Mistake, Mistakes
from services.notify.repository import links as repository
from shared import clock
from shared.contracts.notify import DoWithout
from shared.contracts.types import Email
from shared.messaging import Transaction


@opens("page")
async def own_page(page: Page) -> Response:
    """One's own page, from the bottom of any mail. Opening the link only shows a button: scanners open links too."""
    assert page.link is not None
    where = _inside(page.link.detail, "/mine")
    if page.posted:
        return await _let_in(page, page.link, where)
    return await _open_already(page, where) or page.show("doors/own.html")


@opens("desk")
async def the_desk(page: Page) -> Response:
    """The worker's desk: the link works once, and opens a session."""
    link = page.link
    assert link is not None
    if page.worker is None or page.worker.ended:
        raise trouble.unknown_link()
    where = _inside(link.detail, "/desk")
    if page.posted:
        if not await page.context.run(lambda tx: repository.use(tx, link.digest)):
            return page.show("doors/desk.html", used=True)
        return await _let_in(page, link, where)
    used = standing(link, clock.now()) == "used"
    return await _open_already(page, where) or page.show("doors/desk.html", used=used)


@opens("unsubscribe")
async def unsubscribe(page: Page) -> Response:
    """No more mail of this kind. A mail program may post here by itself; a person presses a button."""
    link = page.link
    assert link is not None
    if page.posted:
        await page.do(page.build(DoWithout, participant_id=page.person_id, group=link.detail))
        await page.use()
        return page.go(done="yes")
    return page.show("doors/unsubscribe.html", done=page.request.query_params.get("done") == "yes")


@open_to_all("/new-link")
async def new_link(page: Page) -> Response:
    """Whoever asks gets the same answer: whether an address is known is nobody's business."""
    if page.posted:
        email = _email(page)
        where = guard.place(page.request.client.host if page.request.client else "")

        async def ask(tx: Transaction) -> bool:
            if not await guard.count(tx, guard.ASKED_LINKS, where):
                return False
            if await guard.count(tx, guard.ASKED_LINKS_FOR_ONE, email.casefold()):
                await page.context.send_link(tx, email)
            return True

        if not await page.context.run(ask):
            raise guard.too_often(guard.ASKED_LINKS)
        return page.go("/new-link", sent="yes")
    return page.show("doors/new-link.html", sent=page.request.query_params.get("sent") == "yes")


@open_to_all("/")
async def front(page: Page) -> Response:
    """What one finds without a link."""
    return page.show("doors/front.html")


@mine("/close")
async def close(page: Page) -> Response:
    """On someone else's telephone or computer."""
    return await _close(page)


@desk("/close")
async def close_desk(page: Page) -> Response:
    return await _close(page)


async def _close(page: Page) -> Response:
    if not page.posted:
        return page.show("doors/close.html")
    assert page.session is not None
    session = page.session
    await page.context.run(lambda tx: repository.end_session(tx, session.digest))
    response = page.go("/")
    response.delete_cookie(
        opening.session_cookie(page.context), secure=page.context.secure, httponly=True, samesite="lax"
    )
    return response


async def _open_already(page: Page, path: str) -> Response | None:
    """Straight on, for who has their own page or desk open in this browser: every line of a digest is a link."""
    link, cookie = page.link, page.request.cookies.get(opening.session_cookie(page.context), "")
    assert link is not None
    session = await page.context.look(lambda tx: links.find_session(tx, cookie)) if cookie else None
    if session is None or (session.holder_kind, session.holder_id, session.acts_for) != (
        link.holder_kind, link.holder_id, link.acts_for,
    ):  # fmt: skip
        return None
    return page.go(path, **({"choice": page.choice} if page.choice else {}))


async def _let_in(page: Page, link: Link, path: str) -> Response:
    """A session, kept by the browser until it ends here or there."""
    cookie = await page.context.run(lambda tx: links.open_session(tx, link))
    choice = page.text("choice")
    response = page.go(path, **({"choice": choice} if choice else {}))
    response.set_cookie(
        opening.session_cookie(page.context), cookie, max_age=int(links.SESSION_LASTS.total_seconds()), httponly=True,
        samesite="lax", secure=page.context.secure,
    )  # fmt: skip
    return response


def _inside(detail: str, root: str) -> str:
    """Where a link leads within, when it says so: never out of it."""
    plain = detail.startswith(root + "/") and "//" not in detail and "\\" not in detail and ".." not in detail
    return detail if plain else root


def _email(page: Page) -> str:
    from pydantic import TypeAdapter, ValidationError

    try:
        return str(TypeAdapter(Email).validate_python(page.text("email")))
    except ValidationError:
        raise Mistakes([Mistake("email", "email")]) from None
