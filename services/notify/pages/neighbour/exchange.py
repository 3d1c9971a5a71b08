"""One exchange, for who is in it: how it stands, and all that can be done with it, on one page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from starlette.responses import Response

from services.notify.domain.people import Person
from services.notify.pages import moments
from services.notify.pages.choices import HOW_IT_WAS, PROPOSAL_ANSWERS
from services.notify.pages.neighbour.answers import one_of
from services.notify.pages.page import Page
from services.notify.pages.registry import mine, opens
from services.notify.pages.trouble import Mistake, Mistakes
from services.notify.repository import people
from services.notify.writing import calendars, data
from shared import clock
from shared.contracts.exchange import (
    AnswerProposal,
    CancelAgreement,
    ChangeExchange,
    Exchange,
    FinishExchange,
    HandToWorker,
    MoveMoment,
    OpenDraft,
    ReopenExchange,
    SayHowItWas,
    SayThanks,
    ShowExchange,
    WithdrawExchange,
)
from shared.messaging import Transaction

TOLD = frozenset({"good", "fine", "not-good", "did-not-happen"})


@opens("proposal")
@opens("exchange")
@mine("/exchange/{matter_id:uuid}")
async def exchange(page: Page) -> Response:
    """How it stands, and what can be done with it now."""
    if page.posted:
        said = await ACTIONS[one_of(page, "do", ACTIONS)](page)
        await page.use()
        return page.go(said=said)
    found: Exchange = await page.ask(ShowExchange(exchange_id=page.matter_id))
    opener = found.participant_id == page.person_id
    others = [each.participant_id for each in found.others if each.participant_id != page.person_id]
    if not opener and found.participant_id is not None:
        others.insert(0, found.participant_id)
    names = await page.names([*others, *(each.participant_id for each in found.thanks)])
    agreed = found.stage in ("agreed", "done") and (opener or any(each.agreed for each in found.others))
    contacts = await _contacts(page, [each for each in others if agreed and _shared(found, each)])
    calendar = agreed and (found.when.at is not None or found.when.day is not None)
    if calendar and page.wants_calendar:
        return page.file(_calendar(page, found, contacts))
    return page.show(
        "neighbour/exchange.html", exchange=found, opener=opener, names=names, contacts=contacts,
        said_yes=[each for each in found.others if not each.agreed and each.participant_id != page.person_id],
        when=moments.filled(found.when, page.speech.zone), calendar=calendar,
    )  # fmt: skip


def _shared(found: Exchange, other_id: UUID) -> bool:
    """Whether both agreed, and with that to share how they are reached."""
    return other_id == found.participant_id or any(
        each.participant_id == other_id and each.agreed for each in found.others
    )


async def _contacts(page: Page, ids: list[UUID]) -> list[Person]:
    async def look(tx: Transaction) -> list[Person]:
        found = [await people.person(tx, each) for each in ids]
        return [each for each in found if each is not None and each.name]

    return await page.context.look(look) if ids else []


def _calendar(page: Page, found: Exchange, contacts: list[Person]) -> bytes:
    """What they agreed, for their calendar: the same entry as the one that comes with the mail."""
    thing = data.Thing(opening=found.opening, kind=found.kind, words=found.words, when=found.when, often=found.often)
    others = tuple(data.Neighbour(name=each.name or "", phone=each.phone, email=each.email) for each in contacts)
    return calendars.agreement(
        data.Agreed(url="", thing=thing, exchange_id=found.exchange_id, version=found.version, others=others),
        page.speech, clock.now(),
    )  # fmt: skip


# --- what can be done


async def _answer(page: Page) -> str:
    """Yes, not this time, not now: to all who said yes, or not this time to one of them."""
    answer = one_of(page, "answer", PROPOSAL_ANSWERS)
    await page.do(
        page.build(AnswerProposal, exchange_id=page.matter_id, answer=answer, participant_id=page.id("other"))
    )
    return "answered"


async def _move(page: Page) -> str:
    """To a day, with or without an hour: they agree on no less."""
    when = moments.when(page)
    if when.at is None and when.day is None:
        raise Mistakes([Mistake("when-day", "day")])
    await page.do(
        MoveMoment(exchange_id=page.matter_id, participant_id=page.person_id, when=when), fields=moments.FIELDS
    )
    return "moved"


async def _cancel(page: Page) -> str:
    await page.do(CancelAgreement(exchange_id=page.matter_id, participant_id=page.person_id))
    return "cancelled"


async def _finish(page: Page) -> str:
    await page.do(FinishExchange(exchange_id=page.matter_id, participant_id=page.person_id))
    return "finished"


async def _how(page: Page) -> str:
    """One tap. A "not good" is the worker's alone."""
    answer = one_of(page, "answer", HOW_IT_WAS)
    await page.do(page.build(SayHowItWas, exchange_id=page.matter_id, participant_id=page.person_id, answer=answer))
    return "how"


async def _thank(page: Page) -> str:
    command = page.build(SayThanks, exchange_id=page.matter_id, participant_id=page.person_id, words=page.text("words"))
    await page.do(command)
    return "thanks"


async def _change(page: Page) -> str:
    command = page.build(
        ChangeExchange, exchange_id=page.matter_id, words=page.text("words") or None, when=moments.when(page)
    )
    await page.do(command, fields=moments.FIELDS)
    return "saved"


async def _open(page: Page) -> str:
    await page.do(page.build(OpenDraft, exchange_id=page.matter_id, words=page.text("words") or None))
    return "opened"


async def _hand_over(page: Page) -> str:
    await page.do(HandToWorker(exchange_id=page.matter_id))
    return "with-worker"


async def _withdraw(page: Page) -> str:
    await page.do(WithdrawExchange(exchange_id=page.matter_id))
    return "taken-back"


async def _reopen(page: Page) -> str:
    command = page.build(ReopenExchange, exchange_id=page.matter_id, when=moments.when(page))
    await page.do(command, fields=moments.FIELDS)
    return "opened"


ACTIONS: Mapping[str, Callable[[Page], Awaitable[str]]] = {
    "answer": _answer, "move": _move, "cancel": _cancel, "finish": _finish, "how": _how, "thank": _thank,
    "change": _change, "open": _open, "hand-over": _hand_over, "withdraw": _withdraw, "reopen": _reopen,
}  # fmt: skip
