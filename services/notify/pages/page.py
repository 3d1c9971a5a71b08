"""One page as one person looks at it, or fills it in: who they are, their language, what they gave, what is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.notify.domain import tokens
from services.notify.domain.links import Link, Session, standing
from services.notify.domain.people import Neighbourhood, Person, Worker
from services.notify.pages import trouble, written
from services.notify.pages.context import Context
from services.notify.pages.trouble import Mistake, Mistakes
from services.notify.repository import links, people
from services.notify.writing.language import Speech
from shared import clock
from shared.contracts.envelope import Command, Problem, Query
from shared.ids import id_from, new_id
from shared.messaging import Transaction
from shared.messaging.client import Refused, Unanswered
from shared.policy import Policy

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")
NOT_THEIRS = frozenset({"unknown_id", "no_mandate", "erased", "not_allowed", "malformed"})
"""Answers to a question that mean: there is no such page for you."""
EMPTY = "is empty: fill it in"
"""How contracts say that a text has nothing in it."""


@dataclass
class Page:
    """What a function of the pages works with."""

    request: Request
    context: Context
    policy: Policy
    speech: Speech
    link: Link | None = None
    session: Session | None = None
    person: Person | None = None
    """The participant who looks; null for a worker, the contact of a service, or who is let in nowhere."""
    acts_for: Person | None = None
    """For whom, when it is not for themselves."""
    worker: Worker | None = None
    neighbourhood: Neighbourhood | None = None
    duty: Worker | None = None
    """Who answers for the neighbourhood now."""
    places: tuple[str, ...] = ()
    """The neighbourhoods that a worker answers for now."""
    posted: bool = False
    """Whether a form came, which is to be acted on."""
    given: Mapping[str, list[str]] = field(default_factory=dict)
    """What was filled in."""
    form_id: UUID | None = None
    command_id: UUID | None = None
    """Of what was done last for this form."""
    mistakes: list[Mistake] = field(default_factory=list)

    # --- who

    @property
    def holder(self) -> Link | Session:
        """What lets them in."""
        found = self.link or self.session
        assert found is not None, "this page is for anyone"
        return found

    @property
    def actor(self) -> str:
        """In whose name it asks: the one who looks, also when they act for someone else."""
        return self.holder.actor

    @property
    def person_id(self) -> UUID:
        """For which participant it is: the one who looks, or for whom they act."""
        return self.holder.acts_for or self.holder.holder_id

    @property
    def matter_id(self) -> UUID:
        """What the page is about: from the link, or from the address (`…/{matter_id:uuid}`)."""
        if self.link is not None and self.link.matter_id is not None:
            return self.link.matter_id
        try:
            return UUID(str(self.request.path_params["matter_id"]))
        except (KeyError, ValueError):
            raise trouble.not_found() from None

    @property
    def path(self) -> str:
        """This page's own address, without a query: where its forms go."""
        return str(self.request.scope["path"])

    # --- asking the services

    async def ask(self, query: Query, *, service: str = "", actor: str = "") -> Any:
        """What a service answers. Raises Stop when it is not theirs, or nobody answers."""
        try:
            return await self.context.asks.get(query, actor=actor or self.actor, service=service)
        except (Refused, Unanswered) as error:
            raise _stop(error) from None

    async def ask_each(self, *queries: Query) -> list[Any]:
        """What the services answer, asked at once; in place of what can't be shown, the Stop that says why."""
        found = await self.context.asks.get_each(queries, actor=self.actor)
        return [_stop(each) if isinstance(each, (Refused, Unanswered)) else each for each in found]

    async def do(self, command: Command | Query, *, fields: Mapping[str, str] | None = None, actor: str = "") -> Any:
        """Have it done, once for this form: sent again, the same command gets the same answer.

        `fields` says at which field of the form a problem is shown, where that is not called like the command's.
        Raises Mistakes for what the service refuses.
        """
        assert self.form_id is not None, "only a form that came can have something done"
        id_ = self.command_id = id_from("form", str(self.form_id), command.TYPE, command.model_dump_json())
        if self.link and standing(self.link, clock.now()) == "used" and self.link.used_for != id_:
            raise Mistakes([Mistake("", "answered")])
        try:
            return await self.context.asks.get(command, actor=actor or self.actor, id=id_)
        except Refused as refused:
            if refused.problems[0].code in ("try_again", "failed"):
                raise trouble.away() from None
            raise Mistakes([_mistake(each, fields or {}) for each in refused.problems]) from None
        except Unanswered:
            raise trouble.away() from None

    async def use(self) -> None:
        """The link has done what it is for. After the answer of the service, so that a crash between burns nothing."""
        link = self.link
        if link is not None:
            await self.context.run(lambda tx: links.use(tx, link.digest, self.command_id))

    async def names(self, ids: Iterable[UUID | None]) -> dict[UUID, str]:
        """How people are called; who left has no name."""
        wanted = sorted({each for each in ids if each is not None})

        async def look(tx: Transaction) -> dict[UUID, str]:
            found = [(each, await people.person(tx, each)) for each in wanted]
            return {each: person.name or self.speech.say("someone") if person else self.speech.say("someone")
                    for each, person in found}  # fmt: skip

        return await self.context.look(look) if wanted else {}

    # --- what was filled in

    def text(self, name: str) -> str:
        """One value, trimmed; empty when there is none. Line ends are those of everywhere."""
        return self.given.get(name, [""])[-1].replace("\r\n", "\n").strip()

    def several(self, name: str) -> list[str]:
        """All values of the boxes that were ticked."""
        return list(self.given.get(name, []))

    def day(self, name: str) -> date | None:
        """A day, as a field for one gives it, or as people write one where a browser has no such field."""
        return self._read(name, written.day, "day")

    def clock(self, name: str) -> time | None:
        """A time of day, likewise."""
        return self._read(name, written.clock, "time")

    def number(self, name: str) -> int | None:
        """A whole number. Raises Mistakes."""
        return self._read(name, int, "number")

    def id(self, name: str) -> UUID | None:
        """An id from a list of choices. Raises Mistakes."""
        return self._read(name, UUID, "choose")

    def moment(self, day: str, at: str) -> datetime | None:
        """A day and a time on the clock of the neighbourhood. Raises Mistakes."""
        on, clock_time = self.day(day), self.clock(at)
        if on is None:
            return None
        if clock_time is None:
            raise Mistakes([Mistake(at, "time")])
        return datetime.combine(on, clock_time, self.speech.zone)

    def at_start(self, day: date) -> datetime:
        """When a day begins here."""
        return datetime.combine(day, time(0), self.speech.zone)

    def build(self, model: type[M], /, **values: Any) -> M:
        """A message of what was filled in. Raises Mistakes for what it can't hold."""
        return self.build_at({}, model, **values)

    def build_at(self, fields: Mapping[str, str], model: type[M], /, **values: Any) -> M:
        """The same; `fields` says at which field of the form a mistake is shown, as in `do`."""
        try:
            return model.model_validate(values)
        except ValidationError as error:
            problems = [
                Problem(code=each["type"], field=".".join(map(str, each["loc"])), message=each["msg"])
                for each in error.errors(include_url=False, include_input=False, include_context=False)
            ]
            raise Mistakes([_mistake(each, fields) for each in problems]) from None

    def _read(self, name: str, read: Callable[[str], T], code: str) -> T | None:
        text = self.text(name)
        if not text:
            return None
        try:
            return read(text)
        except ValueError:
            raise Mistakes([Mistake(name, code)]) from None

    # --- answering

    def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page."""
        status = 422 if self.mistakes and status == 200 else status
        html = self.context.templates.get_template(template).render(page=self, **_words(self.speech), **values)
        return HTMLResponse(html, status)

    def go(self, path: str = "", said: str = "", **query: str) -> Response:
        """On to another page, or to this one as it is now; `said` names the sentence that it begins with."""
        query |= {"said": said} if said else {}
        return RedirectResponse(f"{path or self.path}{'?' + urlencode(query) if query else ''}", 303)

    def file(self, calendar: bytes) -> Response:
        """A calendar file to keep."""
        return Response(
            calendar, media_type="text/calendar", headers={"Content-Disposition": 'attachment; filename="weefsel.ics"'}
        )

    @property
    def wants_calendar(self) -> bool:
        """Whether it is asked for as a file for a calendar, instead of as a page."""
        return self.request.method == "GET" and self.request.query_params.get("file") == "calendar"

    def stop(self, what: trouble.Stop) -> Response:
        """The page that says why it can't go on, and what to do."""
        response = self.show(f"stops/{what.what}.html", what.status)
        response.headers.update(what.headers)
        return response

    # --- for templates

    @property
    def scope(self) -> bytes:
        """To whom forms are shown: a link or session, and for whom they act with it. One that was shown for someone
        does nothing for somebody else."""
        if self.link is None and self.session is None:
            return b""
        return self.holder.digest + (self.holder.acts_for.bytes if self.holder.acts_for else b"")

    @property
    def token(self) -> str:
        """What a form of this page carries: its id, signed for who looks. A form that comes back keeps its own."""
        return tokens.form(self.context.secret, self.scope, new_id())

    @property
    def open_token(self) -> str:
        """The same for a form that is for anyone, whoever looks: it goes to a page that asks for nothing."""
        return tokens.form(self.context.secret, b"", new_id())

    @property
    def said(self) -> str:
        return self.request.query_params.get("said", "")

    @property
    def choice(self) -> str:
        """The answer that a button in the mail named: it is shown first, and nothing is done yet."""
        return self.request.query_params.get("choice", "")

    def mistakes_at(self, *names: str) -> list[Mistake]:
        """Those at one field, or at several that stand together."""
        return [each for each in self.mistakes if each.field in names]

    def value(self, name: str, default: Any = "") -> Any:
        """What a field shows: what was filled in, once it came back."""
        return self.given.get(name, [""])[-1] if self.mistakes else default

    def ticked(self, name: str, value: str, default: bool = False) -> bool:
        """Whether a box is ticked."""
        return value in self.given.get(name, []) if self.mistakes else default

    def day_of(self, at: datetime) -> date:
        """On which day a moment is here."""
        return at.astimezone(self.speech.zone).date()

    @property
    def today(self) -> date:
        return self.day_of(clock.now())

    def languages(self) -> list[tuple[str, str, str]]:
        """The languages to choose from: code, how it calls itself, and this page in it."""
        from services.notify.pages.choices import LANGUAGE_NAMES

        query = {key: value for key, value in self.request.query_params.items() if key != "lang"}
        return [
            (each, LANGUAGE_NAMES.get(each, each), f"{self.path}?{urlencode({**query, 'lang': each})}")
            for each in self.policy.languages
        ]

    def again(self, mistakes: list[Mistake]) -> Page:
        """The same page, to show its form again."""
        return replace(self, posted=False, mistakes=mistakes)


def _stop(error: Refused | Unanswered) -> Exception:
    """The page that says why there is no answer; for a question that is wrong itself, what it is."""
    if isinstance(error, Unanswered):
        return trouble.away()
    code = error.problems[0].code if error.problems else ""
    if code in NOT_THEIRS:
        return trouble.not_found()
    return trouble.away() if code in ("try_again", "failed") else error


def _words(speech: Speech) -> dict[str, Any]:
    return {"say": speech.say, "count": speech.count, "speech": speech}


def _mistake(problem: Problem, fields: Mapping[str, str]) -> Mistake:
    """At which field of the form: the longest of the names that are given, else the command's own."""
    parts = problem.field.split(".")
    named = [name for n in range(len(parts), 0, -1) if (name := ".".join(parts[:n])) in fields]
    at = fields[named[0]] if named else problem.field if problem.field in fields.values() else parts[0]
    code = problem.code
    if code == "value_error":  # of a type that people fill in: what is wrong shows from which it is
        code = parts[-1] if parts[-1] in ("email", "phone") else code
        code = "missing" if problem.message.endswith(EMPTY) else code
    return Mistake(at, code)


__all__ = ["Page"]
