"""The directory, and the way from a person to a service of it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from services.notify.pages.choices import LANGUAGE_NAMES
from services.notify.pages.desk.at import given_id, made, me, names, person, places, signal_kinds, words
from services.notify.pages.desk.forms import Field, Form, hidden
from services.notify.pages.desk.views import referrals as views
from services.notify.pages.desk.views.parts import Go, Section
from services.notify.pages.page import Page
from services.notify.pages.registry import desk
from shared.contracts.signals import (
    DirectoryService,
    DraftReferral,
    SearchDirectory,
    ServicePage,
    ShowService,
    ShowSignal,
)

MOST = 12
"""Services on a page: as many as one looks through."""
FILTERS = ("words", "kind", "neighbourhood", "language", "open", "room", "taking-part")
"""What one can look for; it is about services, and stands in the address so that a search can be gone back to."""


@desk("/directory")
async def directory(page: Page) -> Response:
    """Services to look up, without anybody in mind."""
    me(page)
    say = words(page)
    return await _searched(page, "/desk/directory", say("Directory"), "", "/desk/more", {})


@desk("/directory/{service_id}")
async def service(page: Page) -> Response:
    """All that the directory knows of one service."""
    me(page)
    say, found = words(page), await _service(page)
    return page.show(
        "desk/service.html", service=found, facts=views.service_facts(found, say), tags=views.service_tags(found, say),
        back="/desk/directory", choose=None, about="",
    )  # fmt: skip


@desk("/refer")
async def refer_anyone(page: Page) -> Response:
    """A referral for whoever is chosen."""
    from services.notify.pages.desk.choosing import choose_person

    chosen = await choose_person(page, "/desk/refer", title=words(page).say("Refer to a service"))
    return chosen if isinstance(chosen, Response) else page.go(f"/desk/refer/{chosen}")


@desk("/refer/{matter_id:uuid}")
async def search_for(page: Page) -> Response:
    """A service for someone, whose languages are looked for first."""
    me(page)
    say, someone = words(page), await person(page, page.matter_id)
    kept = _kept(page)
    kind = page.request.query_params.get("kind", "")
    if not kind and "signal" in kept and not any(each in page.request.query_params for each in FILTERS):
        signal = await page.ask(ShowSignal(signal_id=UUID(kept["signal"])))
        kind = signal.kind
    return await _searched(
        page, f"/desk/refer/{page.matter_id}", say("Refer to a service"), someone.name or "",
        f"/desk/people/{page.matter_id}", kept, kind=kind, neighbourhood=someone.neighbourhood_id or "",
    )  # fmt: skip


@desk("/refer/{matter_id:uuid}/{service_id}")
async def choose(page: Page) -> Response:
    """A service, seen with someone in mind; with what it is about the referral begins."""
    me(page)
    say, someone, found, kept = words(page), await person(page, page.matter_id), await _service(page), _kept(page)
    back = f"/desk/refer/{page.matter_id}?{urlencode(kept)}" if kept else f"/desk/refer/{page.matter_id}"
    kind = page.request.query_params.get("kind") or (found.kinds[0] if found.kinds else "other")
    form = Form(
        found.name, say("Prepare the referral"), back=back, about=someone.name or "",
        fields=(
            Field("kind", say("What is it about?"), "select", signal_kinds(page), value=kind, required=True,
                  hint=say("For your own overview. The service does not see it.")),
            *hidden(signal=kept.get("signal"), previous=kept.get("previous"), follows_as=kept.get("as")),
        ),
    )  # fmt: skip
    if not page.posted:
        return page.show(
            "desk/service.html", service=found, facts=views.service_facts(found, say), back=back, choose=form,
            tags=views.service_tags(found, say), about=someone.name or "",
        )  # fmt: skip
    form.check(page.given)
    previous = given_id(page, "previous")
    command = made(
        page, form, DraftReferral, participant_id=page.matter_id, service_id=found.service_id, kind=page.text("kind"),
        signal_id=given_id(page, "signal"), previous_id=previous,
        follows_as=(page.text("follows_as") or "forward") if previous else None,
    )  # fmt: skip
    ref = await page.do(command, fields=form.places())
    return page.go(f"{views.address(ref.referral_id)}/details", said="referral-drafted")


async def _service(page: Page) -> DirectoryService:
    found: DirectoryService = await page.ask(page.build(ShowService, service_id=page.request.path_params["service_id"]))
    return found


def _kept(page: Page) -> dict[str, str]:
    """From which signal, or after which referral: it goes along to the end."""
    found = {name: given_id(page, name) for name in ("signal", "previous")}
    kept = {name: str(id_) for name, id_ in found.items() if id_}
    follows_as = page.request.query_params.get("as", "")
    return kept | ({"as": follows_as} if "previous" in kept and follows_as in ("retry", "forward") else {})


async def _searched(
    page: Page, path: str, title: str, about: str, back: str, kept: Mapping[str, str], *, kind: str = "",
    neighbourhood: str = "",
) -> Response:  # fmt: skip
    say, named, query = words(page), await names(page), page.request.query_params
    chosen = {name: query.get(name, "") for name in FILTERS}
    searched = any(name in query for name in FILTERS)
    if not searched:
        chosen |= {"kind": kind, "neighbourhood": neighbourhood}
    found: ServicePage = await page.ask(
        page.build(
            SearchDirectory, words=chosen["words"][:200] or None, kind=chosen["kind"] or None,
            neighbourhood_id=chosen["neighbourhood"] or None, language=chosen["language"] or None,
            open_now=bool(chosen["open"]), has_capacity=bool(chosen["room"]),
            stepping_stone=True if chosen["taking-part"] else None, after=query.get("after") or None, limit=MOST,
        )
    )  # fmt: skip
    here = places(page)
    suffix = urlencode({**kept, **({"kind": chosen["kind"]} if chosen["kind"] else {})})
    items = tuple(
        views.service_line(each, say, f"{path}/{each.service_id}{f'?{suffix}' if suffix else ''}")
        for each in found.services
    )  # fmt: skip
    further = urlencode({**kept, **{name: value for name, value in chosen.items() if value}, "after": found.next or ""})
    section = Section(
        "found", say("Services"), items, more=Go(say("More services"), f"{path}?{further}") if found.next else None,
        empty=say("No service fits all of this. Leave something out, or try another word."),
    )  # fmt: skip
    known = dict.fromkeys([*page.policy.languages, *LANGUAGE_NAMES])
    return page.show(
        "desk/directory.html",
        title=title,
        about=about,
        back=back,
        path=path,
        kept=kept,
        chosen=chosen,
        section=section,
        kinds=[(each.value, each.label) for each in signal_kinds(page)],
        places=[(each, named.place(each)) for each in here],
        languages=[(each, LANGUAGE_NAMES.get(each, each)) for each in known],
    )
