"""Who opens a page, from the link or the session they come with, and what came with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import Request

from services.notify import links
from services.notify.domain import tokens
from services.notify.domain.links import HolderKind, Link, Session, standing
from services.notify.domain.people import Neighbourhood, Person, Worker
from services.notify.pages import guard, trouble
from services.notify.pages.context import Context
from services.notify.pages.page import Page
from services.notify.pages.registry import Who
from services.notify.repository import desk, people
from services.notify.writing.language import Speech
from shared import clock
from shared.messaging import Transaction
from shared.policy import Policy

MOST_BYTES = 65_536
MOST_FIELDS = 400
LANGUAGE = "lang"
FORM = "form"
"""The field with the token of a form."""
EVERYWHERE = ZoneInfo("Europe/Brussels")


def session_cookie(context: Context) -> str:
    """What the browser calls it: `__Host-` keeps it to this host, and to https."""
    return "__Host-weefsel" if context.secure else "weefsel"


async def anyone(context: Context, request: Request) -> Page:
    """A page for who comes with nothing. Its form is bound to nobody: it tells and changes nothing of anyone."""
    await _read_form(request)
    return await _with_form(_page(context, request), request)


async def by_link(context: Context, request: Request, *, bare: bool = False) -> Page:
    """A page that a link opens. Raises Stop for what is no link, or is over. `bare`: a mail program posts by itself."""
    if not bare:
        await _read_form(request)
    token, where = str(request.path_params["token"]), _place(request)
    link, opened = await context.run(lambda tx: _opened_by_link(tx, token, where))
    if opened is None:
        raise guard.too_often(guard.WRONG_LINKS)
    if link is None or standing(link, clock.now()) == "revoked" or (link.acts_for and opened["acts_for"] is None):
        raise trouble.unknown_link()
    page = _page(context, request, link=link, **opened)
    if standing(link, clock.now()) == "expired":
        raise Opened(page, trouble.expired())
    return page if bare else await _with_form(page, request)


async def by_session(context: Context, request: Request, who: Who) -> Page:
    """A page of a session. Raises Stop for who has none that runs."""
    await _read_form(request)
    cookie = request.cookies.get(session_cookie(context), "")
    open_session = _opened_desk if who == "worker" else _opened_by_session
    session, opened = await context.look(lambda tx: open_session(tx, cookie))
    if session is None or session.holder_kind != who:
        raise trouble.ended()
    return await _with_form(_page(context, request, session=session, **opened), request)


def nobody(context: Context, request: Request) -> Page:
    """A page for who can't be told apart: to say why there is no other. It still holds what was filled in."""
    return replace(_page(context, request), given=_given(request))


class Opened(Exception):
    """It is known who looks, and still the page can't be shown: in their language, `what` says why."""

    def __init__(self, page: Page, what: trouble.Stop) -> None:
        self.page = page
        self.what = what
        super().__init__(what.what)


async def body(request: Request) -> bytes:
    """What came, of a size that a form can have. Raises Stop."""
    if (kept := getattr(request.state, "body", None)) is not None:
        return bytes(kept)
    whole = b""
    async for part in request.stream():
        whole += part
        if len(whole) > MOST_BYTES:
            raise trouble.too_large()
    request.state.body = whole
    return whole


# --- within


async def _with_form(page: Page, request: Request) -> Page:
    """With what was filled in, if anything came. Raises Stop for a form that was not shown to this one."""
    if request.method != "POST":
        return page
    given, scope = _given(request), page.scope
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site") or not _own(page.context, request):
        raise Opened(page, trouble.stale())
    form_id = tokens.form_id(page.context.secret, scope, (given.get(FORM) or [""])[-1])
    page.given = given
    if form_id is None:
        raise Opened(page, trouble.stale())
    key = scope.hex()
    limits = [(guard.POSTS, _place(request))] + ([(guard.POSTS_OF_ONE, key)] if scope else [])
    for limit, each in limits:
        if not await page.context.run(lambda tx, limit=limit, each=each: guard.count(tx, limit, each)):  # type: ignore[misc]
            raise Opened(page, guard.too_often(limit))
    page.posted, page.form_id = True, form_id
    return page


async def _read_form(request: Request) -> None:
    """What was filled in, first of all: whatever comes between, it is not lost. Raises Stop for what is no form."""
    if request.method != "POST":
        return
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise trouble.stale()
    try:
        text = (await body(request)).decode("utf-8")
        request.state.given = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise trouble.stale() from None


def _given(request: Request) -> dict[str, list[str]]:
    return getattr(request.state, "given", {})


def _own(context: Context, request: Request) -> bool:
    """Whether the form came from a page of ours, as far as the browser says. Under no-referrer most say `null`."""
    origin = request.headers.get("origin", "null")
    return origin in ("null", context.settings.pages_url, f"{request.url.scheme}://{request.headers.get('host', '')}")


def _page(
    context: Context, request: Request, *, link: Link | None = None, session: Session | None = None,
    person: Person | None = None, acts_for: Person | None = None, worker: Worker | None = None,
    neighbourhood: Neighbourhood | None = None, duty: Worker | None = None, places: tuple[str, ...] = (),
) -> Page:  # fmt: skip
    whole: Policy = context.settings.policy
    policy = whole.named(neighbourhood.policy) if neighbourhood else whole
    own = person.language(policy) if person else worker.language if worker else ""
    language = _language(request, policy, own)
    zone = neighbourhood.zone if neighbourhood else EVERYWHERE
    return Page(
        request, context, policy, Speech.of(language, policy, zone), link=link, session=session, person=person,
        acts_for=acts_for, worker=worker, neighbourhood=neighbourhood, duty=duty, places=places,
    )  # fmt: skip


def _language(request: Request, policy: Policy, own: str) -> str:
    """The one chosen on the page, else their own, else the first that their browser asks for."""
    asked = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    wanted = [request.query_params.get(LANGUAGE, ""), request.cookies.get(LANGUAGE, ""), own, *asked]
    return next((each for each in wanted if each in policy.languages), policy.languages[0])


async def _opened_by_link(
    tx: Transaction, token: str, where: str
) -> tuple[Link | None, dict[str, Any] | None]:  # fmt: skip
    """The link and who holds it. Of what is no link of ours it is counted from where it came; None: too often."""
    link = await links.find(tx, token)
    if link is None:
        return None, {} if await guard.count(tx, guard.WRONG_LINKS, where) else None
    return link, await _who(tx, link.holder_kind, link.holder_id, link.acts_for)


async def _opened_by_session(tx: Transaction, cookie: str) -> tuple[Session | None, dict[str, Any]]:
    session = await links.find_session(tx, cookie) if cookie else None
    if session is None:
        return None, {}
    found = await _who(tx, session.holder_kind, session.holder_id, session.acts_for)
    return (session if found["acts_for"] else replace(session, acts_for=None)), found


async def _opened_desk(tx: Transaction, cookie: str) -> tuple[Session | None, dict[str, Any]]:
    """The same for a worker, in one look."""
    digest = links.session_digest(tx, cookie) if cookie else None
    seat = await desk.seat(tx, digest) if digest else None
    if seat is None:
        return None, {}
    return seat.session, {
        "worker": seat.worker, "neighbourhood": seat.neighbourhood, "duty": seat.duty, "places": seat.places,
    }  # fmt: skip


async def _who(tx: Transaction, kind: HolderKind, holder_id: UUID, acts_for: UUID | None) -> dict[str, Any]:
    """The holder, and for whom they act: as long as they hold the mandate."""
    person = await people.person(tx, holder_id) if kind == "participant" else None
    other = await people.person(tx, acts_for) if acts_for else None
    if other is not None and (person is None or person.participant_id not in other.mandate_holder_ids):
        other = None
    worker = await people.worker(tx, holder_id) if kind == "worker" else None
    someone = other or person
    home = someone.neighbourhood_id if someone else next(iter(worker.neighbourhood_ids), None) if worker else None
    place = await people.neighbourhood(tx, home) if home else None
    duty = await people.worker(tx, place.worker_id) if place and place.worker_id else None
    return {"person": person, "acts_for": other, "worker": worker, "neighbourhood": place, "duty": duty}


def _place(request: Request) -> str:
    return guard.place(request.client.host if request.client else "")
