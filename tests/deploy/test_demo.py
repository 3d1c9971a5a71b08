"""The demo neighbourhood: through commands, believable, at any hour, and there once however often it is loaded."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from deploy import demo
from deploy.commands.running import until_working_hours
from deploy.demo import life
from deploy.partners import Office
from shared import clock
from shared.contracts.exchange import (
    Exchange,
    ListAcquaintances,
    ListExchanges,
    ListGatherings,
    ListInvitations,
    ShowExchange,
)
from shared.contracts.profiles import ListDoubles, ListParticipants, ListWorkers, ShowDuty
from shared.contracts.signals import ListReferrals, ListSignals
from shared.messaging.client import Client
from tests.conftest import MakeStack


@pytest.mark.parametrize("hour", [11, 3])
async def test_the_demo_is_there_once_however_often_it_is_loaded(
    stack: MakeStack, monkeypatch: pytest.MonkeyPatch, hour: int
) -> None:
    made = await stack(["profiles", "exchange", "signals"])
    monkeypatch.setenv("WEEFSEL_CLOCK_FILE", str(made.folder / "clock"))
    clock.move(made.folder / "clock", _until(hour))
    office = Office(made.nats_url, made.keys, made.admin_dsn("deploy"))
    running = [made.running(service) for service in made.services]
    async with running[0], running[1], running[2], made.connect() as client:
        await demo.load(client, office)
        once = await _all(client)
        for service in made.services:
            await made.execute(service, "TRUNCATE messaging.answer")  # kept answers don't outlive 45 days
        await demo.load(client, office)
        assert await _all(client) == once
        people = await _people(client)
        await _who_is_there(client, people)
        await _what_happened(client, people)
        await _who_met(client, people)
        dead = [
            row for service in made.services for row in await made.fetch(service, "SELECT * FROM messaging.dead_letter")
        ]
        assert dead == []


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-11-26T11:30", "2026-11-26T11:30"),
        ("2026-11-26T07:36", "2026-11-26T10:00"),
        ("2026-11-26T16:00", "2026-11-30T10:00"),
        ("2026-11-28T12:00", "2026-11-30T10:00"),
        ("2026-10-24T23:00", "2026-10-26T10:00"),
    ],
)
def test_it_begins_while_its_worker_works(now: str, begins: str) -> None:
    zone = ZoneInfo("Europe/Brussels")
    at = datetime.fromisoformat(now).replace(tzinfo=zone).astimezone(UTC)
    assert at + until_working_hours(at) == datetime.fromisoformat(begins).replace(tzinfo=zone)


async def _people(client: Client) -> dict[str, Any]:
    found = (await client.get(ListParticipants(limit=100))).participants
    return {each.name.split()[0].lower(): each.participant_id for each in found}


async def _who_is_there(client: Client, ids: dict[str, Any]) -> None:
    people = (await client.get(ListParticipants(limit=100))).participants
    workers = (await client.get(ListWorkers())).workers
    duty = await client.get(ShowDuty(neighbourhood_id=demo.BRUGSE_POORT))
    assert sorted(each.name for each in people) == sorted(person.name for person in demo.PEOPLE)
    assert {"jos", "martine"} <= set(ids)
    assert 0 < len([each for each in people if each.visited_at is None]) < len(people)
    assert [each.name for each in workers] == ["Karim Haddad", "Lieve Goossens", "Marie Claes"]
    assert duty.coordinator_id == next(each.worker_id for each in workers if each.name == "Lieve Goossens")
    assert (await client.get(ListDoubles())).doubles == []


async def _what_happened(client: Client, people: dict[str, Any]) -> None:
    """One ask and one offer from opening to thanks, a limit, a half question, and what waits for the worker."""
    for words in (life.HEDGE, life.COFFEE):
        found = await _with_words(client, words)
        assert found.stage == "done"
        assert [each.participant_id for each in found.others] == [people["jos"]]
        for key in ("jos", "martine"):
            seen: Exchange = await client.get(
                ShowExchange(exchange_id=found.exchange_id), actor=f"participant:{people[key]}"
            )
            assert len(seen.thanks) == 2
            assert seen.how_it_was == "good"
    limit = await _with_words(client, life.MARKET)
    assert (limit.stage, limit.why) == ("handed-over", "structural")
    half = await _with_words(client, life.CEMETERY)
    assert (half.stage, half.half) == ("draft", True)
    held = (await client.get(ListInvitations(neighbourhood_id=demo.BRUGSE_POORT, stage="held"))).invitations
    assert people["tom"] in {each.participant_id for each in held if each.words == life.WALK}


async def _who_met(client: Client, people: dict[str, Any]) -> None:
    """At the gathering; and the next match begins with them."""
    met = (await client.get(ListAcquaintances(participant_id=people["lucas"]))).acquaintances
    assert (people["fatma"], "gathering") in {(each.participant_id, each.through) for each in met}
    cooking = await _with_words(client, life.COOKING)
    invited = (await client.get(ListInvitations(exchange_id=cooking.exchange_id))).invitations
    reasons = {each.participant_id: each.reasons for each in invited}
    assert "acquainted" in reasons[people["fatma"]]
    stages = {each.participant_id: each.stage for each in invited}
    assert stages[people["fatma"]] in ("asked", "waiting")
    assert stages[people["ivana"]] == "held"


async def _with_words(client: Client, words: str) -> Exchange:
    listed = (await client.get(ListExchanges(neighbourhood_id=demo.BRUGSE_POORT, limit=100))).exchanges
    (id_,) = [each.exchange_id for each in listed if each.words == words]
    found: Exchange = await client.get(ShowExchange(exchange_id=id_))
    return found


async def _all(client: Client) -> list[Any]:
    """What exchange and signals would list."""
    here = demo.BRUGSE_POORT
    since = clock.now() - timedelta(days=1)
    exchanges = await client.get(ListExchanges(neighbourhood_id=here, limit=100))
    invitations = await client.get(ListInvitations(neighbourhood_id=here, limit=100))
    gatherings = await client.get(ListGatherings(neighbourhood_id=here, since=since, limit=100))
    signals = [await client.get(ListSignals(neighbourhood_id=here, stage=stage)) for stage in (None, "closed")]
    referrals = await client.get(ListReferrals(neighbourhood_id=here))
    found = [exchanges.exchanges, invitations.invitations, gatherings.gatherings, referrals.referrals]
    return [*found, *(each.signals for each in signals)]


def _until(hour: int) -> timedelta:
    """Until the next time that it is so late."""
    now = clock.now().astimezone(ZoneInfo("Europe/Brussels"))
    return datetime.combine(now.date() + timedelta(days=1), time(hour), now.tzinfo) - now
