"""Who sits at the desk, and what its pages do alike: ask several services at once, name whom it is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import Response

from services.notify.domain.people import Worker
from services.notify.pages import trouble
from services.notify.pages.desk.forms import Form, Option
from services.notify.pages.desk.views.parts import Names
from services.notify.pages.moments import hour
from services.notify.pages.page import Page
from services.notify.pages.trouble import Mistake, Mistakes, Stop
from services.notify.repository import desk as repository
from services.notify.writing.language import Speech
from shared import clock
from shared.contracts.envelope import Query
from shared.contracts.exchange import When
from shared.contracts.profiles import ParticipantDetails, ShowParticipant

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Words:
    """The words of one language, as the views of the desk ask for them."""

    speech: Speech
    days: dict[date, str] = field(default_factory=dict, compare=False, repr=False)
    """Said before: a page says the same day many times, and to write one takes a while."""

    @property
    def language(self) -> str:
        return self.speech.language

    @property
    def colon(self) -> str:
        return self.speech.colon

    def __call__(self, text: str, /, **values: object) -> str:
        return self.speech.say(text, **values)

    def say(self, text: str, /, **values: object) -> str:
        """The same, where there is but one thing to say: by this name the catalogues find it."""
        return self.speech.say(text, **values)

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        return self.speech.count(one, many, number, **values)

    def day(self, when: date | datetime) -> str:
        day = when.astimezone(self.speech.zone).date() if isinstance(when, datetime) else when
        if day not in self.days:
            self.days[day] = self.speech.day(day, year=day.year != clock.now().year)
        return self.days[day]

    def last_day(self, until: datetime) -> str:
        return self.day(self.speech.last_day(until))

    def moment(self, when: datetime) -> str:
        return self.speech.moment(when)

    def weekday(self, name: str) -> str:
        return self.speech.weekday(name)

    def hour(self, at: time) -> str:
        return hour(self.speech, at)

    def when(self, when: When) -> str:
        return self.speech.when(when)

    def number(self, value: float) -> str:
        return self.speech.number(value)

    def kind(self, kind: str) -> str:
        return self.speech.label(kind)

    def signal_kind(self, kind: str) -> str:
        return self.speech.signal_label(kind)

    def list(self, items: Iterable[str]) -> str:
        return self.speech.several(list(items))


def words(page: Page) -> Words:
    return Words(page.speech)


def me(page: Page) -> Worker:
    """The worker. Raises Stop for who has stopped as one since they came in."""
    if page.worker is None or page.worker.ended:
        raise trouble.ended()
    return page.worker


def places(page: Page) -> list[str]:
    """The neighbourhoods that this worker answers for now."""
    me(page)
    return list(page.places)


async def names(page: Page, people: Collection[UUID] = ()) -> Names:
    """What people, workers and places are called."""
    say = words(page)
    found = await page.context.look(lambda tx: repository.called(tx, people, page.speech.language))
    return Names(found.people, found.workers, found.places, say("nobody"), say("somebody"))


async def asked(page: Page, *queries: Query) -> list[Any]:
    """What the services answer, all asked at once. Raises Stop."""
    found = await page.ask_each(*queries)
    for each in found:
        if isinstance(each, Exception):
            raise each
    return found


async def tried(page: Page, *queries: Query) -> list[Any | None]:
    """The same; None for what is away, so that the rest of a page still shows."""
    found = await page.ask_each(*queries)
    for each in found:
        if isinstance(each, Exception) and not (isinstance(each, Stop) and each.status == 503):
            raise each
    return [None if isinstance(each, Stop) else each for each in found]


async def of_places(page: Page, *queries: Query) -> list[Any]:
    """What the services answer of several neighbourhoods, all asked at once. Nothing of one that a service doesn't
    know, not yet or not any more: the others are shown. Raises Stop."""
    found = await page.ask_each(*queries)
    for each in found:
        if isinstance(each, Exception) and not (isinstance(each, Stop) and each.status == 404):
            raise each
    return [each for each in found if not isinstance(each, Stop)]


async def person(page: Page, participant_id: UUID) -> ParticipantDetails:
    """Someone, as profiles shows them to workers. Raises Stop when there is nobody."""
    found: ParticipantDetails = await page.ask(ShowParticipant(participant_id=participant_id))
    return found


def given_id(page: Page, name: str) -> UUID | None:
    """An id from the form, or from the page's address. Raises Stop for what is none."""
    text = page.text(name) or page.request.query_params.get(name, "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise trouble.not_found() from None


def given(page: Page, name: str) -> str:
    """A value from the form, or from the page's address."""
    return page.text(name) or page.request.query_params.get(name, "")


def asks(page: Page, form: Form, status: int = 200) -> Response:
    """A page with a form; as it was filled in, with what is wrong, when it came back."""
    return page.show("desk/form.html", status, form=form, named=form.naming(page.mistakes))


def made(page: Page, form: Form, contract: type[M], /, **values: object) -> M:
    """A message of what was filled in; what was left empty is left out. Raises Mistakes, each at its field."""
    filled = {name: value for name, value in values.items() if value not in (None, "")}
    return page.build_at(form.places(), contract, **filled)


def either(*found: tuple[bool, str, str]) -> None:
    """Raises Mistakes for each of these that is so: whether, at which field, with which code."""
    wrong = [Mistake(field, code) for so, field, code in found if so]
    if wrong:
        raise Mistakes(wrong)


def signal_kinds(page: Page) -> list[Option]:
    """What a signal or referral can be about."""
    return [Option(each.id, page.speech.signal_label(each.id)) for each in page.policy.signal_kinds]


def kinds(page: Page) -> list[Option]:
    """What neighbours do for each other."""
    return [Option(each.id, page.speech.label(each.id)) for each in page.policy.kinds]


def now_on_clock(page: Page) -> str:
    """This moment, as a field for one shows it."""
    return on_clock(page, clock.now())


def on_clock(page: Page, at: datetime) -> str:
    return f"{at.astimezone(page.speech.zone):%Y-%m-%dT%H:%M}"


def start_of(page: Page, name: str) -> datetime | None:
    """When a day that was filled in begins."""
    day = page.day(name)
    return datetime.combine(day, time(0), page.speech.zone) if day else None


def end_of(page: Page, name: str) -> datetime | None:
    """When a day that was filled in is over: it counts whole."""
    day = page.day(name)
    return datetime.combine(day + timedelta(days=1), time(0), page.speech.zone) if day else None
