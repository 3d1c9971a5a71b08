"""The story of the article: Jos helps in Martine's garden, and Martine offers him coffee afterwards.

Both are an exchange, of the same shape. What is left of it anywhere tells what happened, and nothing of who did more.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import nats.js.errors
import pytest
from nats.aio.client import Client as Nats

from deploy.nats import accounts, api
from shared import clock
from shared.contracts import subjects
from shared.contracts.envelope import Command, Event, Query
from shared.contracts.exchange import (
    AnswerInvitation,
    AnswerProposal,
    ContactShared,
    Exchange,
    FinishExchange,
    Invitation,
    ListAcquaintances,
    ListInvitations,
    NextStepReached,
    OpenExchange,
    ReviewInvitation,
    SayHowItWas,
    SayThanks,
    ShowExchange,
    ShowInvitation,
    When,
)
from shared.contracts.profiles import (
    RegisterNeighbourhood,
    RegisterOrganisation,
    RegisterParticipant,
    RegisterWorker,
)
from shared.messaging.client import Client, Refused
from tests.conftest import MakeStack
from tests.servers import Stack
from tests.waiting import eventually

E = TypeVar("E", bound=Event)
HERE = "brugse-poort"
PHONE, EMAIL = "+32 470 12 34 56", "martine@buren.example"
HEDGE = "De haag is te hoog geworden, wie snoeit mee?"
COFFEE = "Zaterdag staat de koffie klaar, met taart."
WORDS = tomllib.loads((Path(__file__).parents[1] / "architecture" / "words.toml").read_text("utf-8"))
FORBIDDEN = [word for language in WORDS.values() for word in language["anywhere"]]
SCALES = [word for word in WORDS["en"]["names"] if word not in ("age", "level", "need", "needs", "problem", "problems")]


@dataclass
class Story:
    """Two services on real servers, two neighbours who have never met, and the worker who knows both."""

    stack: Stack
    client: Client
    admin: Nats
    """A connection that may look into the streams."""
    marie: str
    jos: UUID
    martine: UUID

    async def by(self, who: UUID | str, message: Command | Query) -> Any:
        """Asked by a participant, or by the worker."""
        return await self.client.get(message, actor=who if isinstance(who, str) else f"participant:{who}")

    async def exchange(self, who: UUID | str, exchange_id: UUID) -> Exchange:
        found: Exchange = await self.by(who, ShowExchange(exchange_id=exchange_id))
        return found

    async def invitation(self, exchange_id: UUID) -> Invitation:
        """The one that was made for it."""
        (found,) = (await self.by(self.marie, ListInvitations(exchange_id=exchange_id))).invitations
        made: Invitation = found
        return made

    async def events(self, contract: type[E]) -> list[E]:
        """What was told of one type so far."""
        p = subjects.parts(contract)
        end = f".{p.entity}.{p.verb}"
        messages = await self.messages(subjects.EVENTS)
        return [contract.model_validate_json(body) for subject, body in messages if subject.endswith(end)]

    async def steps(self, participant_id: UUID) -> list[str]:
        """What someone was told so far."""
        return [each.step for each in await self.events(NextStepReached) if each.participant_id == participant_id]

    async def messages(self, stream: str) -> list[tuple[str, str]]:
        """Subject and body of all that is in a stream."""
        found: list[tuple[str, str]] = []
        sequence = 1
        while True:
            try:
                message = await self.admin.jetstream().get_msg(stream, sequence, subject=">", next=True)
            except nats.js.errors.NotFoundError:
                return found
            found.append((message.subject or "", (message.data or b"").decode()))
            sequence = (message.seq or 0) + 1


@pytest.fixture(scope="module")
async def story(module_stack: MakeStack) -> AsyncIterator[Story]:
    stack = await module_stack(["profiles", "exchange"])
    before, os.environ["WEEFSEL_CLOCK_FILE"] = os.environ.get("WEEFSEL_CLOCK_FILE"), str(stack.folder / "clock")
    now = clock.now().astimezone(ZoneInfo("Europe/Brussels"))
    clock.move(stack.folder / "clock", datetime.combine(now.date() + timedelta(days=1), time(11), now.tzinfo) - now)
    try:
        async with (
            stack.running("profiles"),
            stack.running("exchange"),
            stack.connect() as client,
            api.connected(stack.nats_url, stack.keys, accounts.BOOTSTRAP) as admin,
        ):
            made = Story(stack, client, admin, *await _begin(client))
            for each in (made.jos, made.martine):
                await eventually(lambda each=each: _known(made, each))
            yield made
    finally:
        del os.environ["WEEFSEL_CLOCK_FILE"]
        if before is not None:
            os.environ["WEEFSEL_CLOCK_FILE"] = before


async def _begin(client: Client) -> tuple[str, UUID, UUID]:
    """The worker, Jos, and Martine."""
    names = {"nl": "Brugse Poort"}
    await client.get(RegisterOrganisation(organisation_id="buurtpunt", names=names, kind="association"))
    await client.get(RegisterNeighbourhood(neighbourhood_id=HERE, names=names, organisation_id="buurtpunt"))
    worker: dict[str, Any] = {"name": "Marie Claes", "email": "marie@buurtpunt.example", "organisation_id": "buurtpunt"}
    marie = await client.get(RegisterWorker.model_validate(worker | {"neighbourhood_ids": [HERE]}))
    person: dict[str, Any] = {"neighbourhood_id": HERE, "on_word_of": "participant"}
    jos = person | {"name": "Jos De Smet", "reach": {"by": "phone", "phone": PHONE}}
    jos |= {"talents": [{"kind": "garden", "words": "snoeien"}], "wishes": [{"kind": "coffee"}]}
    martine = person | {"name": "Martine Van den Berghe", "reach": {"by": "email", "email": EMAIL}}
    martine |= {"talents": [{"kind": "coffee", "words": "appeltaart"}], "wishes": [{"kind": "garden"}]}
    ids = [(await client.get(RegisterParticipant.model_validate(each))).participant_id for each in (jos, martine)]
    return f"worker:{marie.worker_id}", ids[0], ids[1]


async def _known(story: Story, participant_id: UUID) -> bool:
    try:
        await story.by(story.marie, ListAcquaintances(participant_id=participant_id))
    except Refused:
        return False
    return True


async def test_the_garden_and_the_coffee(story: Story) -> None:
    """From the ask to the thanks, and then the other way round: the same steps, the same shape."""
    before = await _people(story)
    garden = await _the_garden(story)
    coffee = await _the_coffee(story)
    for id_ in (garden, coffee):
        of_jos, of_martine = await story.exchange(story.jos, id_), await story.exchange(story.martine, id_)
        assert of_jos.stage == of_martine.stage == "done"
        assert [each.words for each in of_jos.thanks] == [each.words for each in of_martine.thanks]
        assert len(of_jos.thanks) == 1
        assert (await story.exchange(story.marie, id_)).thanks == [], "thanks are for the two alone"
    await eventually(lambda: _told_thanks(story))
    await _nothing_counts(story, before)
    await _nothing_names_or_takes_sides(story)


async def _told_thanks(story: Story) -> bool:
    return (await story.steps(story.jos)).count("thanked") == (await story.steps(story.martine)).count("thanked") == 1


async def _the_garden(story: Story) -> UUID:
    """An ask. The two are strangers: the worker looks first, and only then Jos is asked."""
    when = When(weekday="saturday", part="morning")
    opened = await story.by(
        story.martine, OpenExchange(opening="ask", participant_id=story.martine, words=HEDGE, when=when)
    )
    assert (opened.stage, opened.next) == ("open", "looking")
    id_: UUID = opened.exchange_id
    invitation = await story.invitation(id_)
    assert (invitation.stage, invitation.participant_id) == ("held", story.jos)
    assert "invited" not in await story.steps(story.jos)
    await story.by(story.marie, ReviewInvitation(invitation_id=invitation.invitation_id, send=True))
    await eventually(lambda: _was_told(story, story.jos, "invited"))

    seen = await story.by(story.jos, ShowInvitation(invitation_id=invitation.invitation_id))
    assert (seen.words, seen.kind, seen.reasons) == (HEDGE, "garden", [])
    await story.by(story.marie, AnswerInvitation(invitation_id=invitation.invitation_id, answer="yes", how="phone"))
    await _nobody_has_a_contact_yet(story, id_)

    proposed = await story.exchange(story.martine, id_)
    (other,) = proposed.others
    assert (proposed.stage, other.participant_id, other.agreed) == ("proposed", story.jos, False)
    assert other.pleasure is not None
    assert other.pleasure.words == "snoeien"
    await story.by(story.martine, AnswerProposal(exchange_id=id_, answer="yes"))
    await eventually(lambda: _shared(story, id_))
    assert (await story.exchange(story.jos, id_)).participant_id == story.martine

    await _it_happens(story, id_)
    await story.by(story.martine, SayThanks(exchange_id=id_, participant_id=story.martine, words="Merci Jos!"))
    return id_


async def _the_coffee(story: Story) -> UUID:
    """An offer. By now they have met, so that Jos is asked at once."""
    opened = await story.by(
        story.martine, OpenExchange(opening="offer", participant_id=story.martine, kind="coffee", words=COFFEE)
    )
    id_: UUID = opened.exchange_id
    invitation = await story.invitation(id_)
    assert (invitation.stage, invitation.participant_id) == ("asked", story.jos)
    assert "acquainted" in invitation.reasons
    await story.by(story.jos, AnswerInvitation(invitation_id=invitation.invitation_id, answer="yes"))
    await story.by(story.martine, AnswerProposal(exchange_id=id_, answer="yes"))
    await _it_happens(story, id_)
    await story.by(story.jos, SayThanks(exchange_id=id_, participant_id=story.jos, words="Wat een taart!"))
    return id_


async def _it_happens(story: Story, exchange_id: UUID) -> None:
    await story.by(story.jos, FinishExchange(exchange_id=exchange_id, participant_id=story.jos))
    for each in (story.jos, story.martine):
        await story.by(each, SayHowItWas(exchange_id=exchange_id, participant_id=each, answer="good"))


async def _was_told(story: Story, participant_id: UUID, step: str) -> bool:
    return step in await story.steps(participant_id)


async def _shared(story: Story, exchange_id: UUID) -> bool:
    shared = [each for each in await story.events(ContactShared) if each.exchange_id == exchange_id]
    return [{each.participant_id, each.other_id} for each in shared] == [{story.jos, story.martine}]


async def _nobody_has_a_contact_yet(story: Story, exchange_id: UUID) -> None:
    """One yes is no agreement: Jos does not learn whose garden it is, and no contact is shared."""
    await eventually(lambda: _was_told(story, story.martine, "found"))
    seen = [await story.by(story.jos, ListInvitations(participant_id=story.jos))]
    seen += [await story.exchange(story.jos, exchange_id)]
    assert not [each for each in seen if str(story.martine) in each.model_dump_json()]
    assert await story.events(ContactShared) == []


# --- what is left of it


async def _people(story: Story) -> dict[UUID, dict[str, Any]]:
    rows = await story.stack.fetch("exchange", "SELECT * FROM participant")
    return {row["participant_id"]: dict(row) for row in rows}


async def _nothing_counts(story: Story, before: dict[UUID, dict[str, Any]]) -> None:
    """Of a person nothing has changed but when they were last heard of; a number beside a person is one they chose."""
    for id_, after in (await _people(story)).items():
        assert {name for name in after if after[name] != before[id_][name]} <= {"heard_at"}
    for service in story.stack.services:
        for table, columns in (await _tables(story, service)).items():
            numbers = {name for name, type_ in columns.items() if type_ in _NUMBERS}
            about_people = any(name.endswith("participant_id") or name == "first_id" for name in columns)
            assert not (about_people and numbers - _CHOSEN), f"{service}.{table} counts: {numbers - _CHOSEN}"


_NUMBERS = {"smallint", "integer", "bigint", "numeric", "real", "double precision"}
_CHOSEN = {"version", "ceiling", "people", "seats"}
"""Of a record its version; how many invitations someone wants; for how many an exchange or a gathering is."""


async def _nothing_names_or_takes_sides(story: Story) -> None:
    """No table, event or subject holds a forbidden word, and a name or contact is only where it belongs."""
    held: list[tuple[str, str]] = []
    for service in story.stack.services:
        for table, columns in (await _tables(story, service)).items():
            rows = await story.stack.fetch(service, f"SELECT to_jsonb(t)::text AS held FROM {table} AS t")
            held += [(f"{service} {table} {' '.join(columns)}", row["held"]) for row in rows]
    for stream in (subjects.EVENTS, subjects.STATE, subjects.FEED, subjects.PARTNER, subjects.COMMANDS):
        held += await story.messages(stream)
    assert len(held) > 40
    for place, content in held:
        for word in _words(f"{place} {' '.join(_keys(content))}", [*FORBIDDEN, *SCALES]):
            pytest.fail(f"{place} calls something {word}")
        for word in _words(content, FORBIDDEN):
            pytest.fail(f"{place} holds {word}")
        private = [each for each in ("De Smet", "Van den Berghe", PHONE, EMAIL) if each in content]
        assert not private or place.startswith(("profiles ", "weefsel.v1.state.profiles.contact.")), place
    feed = [json.loads(content) for place, content in held if place.startswith("weefsel.v1.feed.")]
    assert feed
    assert not [each for each in feed if "participant_id" in each and "exchange_id" in each]


async def _tables(story: Story, service: str) -> dict[str, dict[str, str]]:
    """Tables of a service with the types of their columns."""
    rows = await story.stack.fetch(
        service,
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'public' ORDER BY 1, 2",
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row["table_name"], {})[row["column_name"]] = row["data_type"]
    return found


def _keys(content: str) -> list[str]:
    """The names of the fields in a JSON document, at any depth."""
    return re.findall(r'"(\w+)" ?:', content)


def _words(text: str, words: list[str]) -> list[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text).lower()
    pattern = "|".join(re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in words)
    return re.findall(rf"(?<!\w)(?:{pattern})(?!\w)", apart)
