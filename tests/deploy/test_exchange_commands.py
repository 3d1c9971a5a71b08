"""`weefsel exchange|gatherings` against running services: what is typed, what is read, and each refusal a sentence."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from deploy import demo
from deploy.demo import life, people
from shared import clock
from shared.contracts.exchange import ListAcquaintances
from shared.messaging.client import Client, Refused
from tests.conftest import MakeStack
from tests.deploy.test_people_commands import Weefsel
from tests.waiting import eventually

MARIE = ("--as", "worker:marie")
SPOKEN = ("--consented", "spoken")


@pytest.fixture(scope="module")
async def weefsel(module_stack: MakeStack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Weefsel]:
    """Both services run, with the people of the demo, late in a morning on which nobody sleeps."""
    stack = await module_stack(["profiles", "exchange"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEEFSEL_NATS_URL", stack.nats_url)
        patch.setenv("WEEFSEL_NATS_CREDENTIALS", str(stack.keys.creds("cli")))
        patch.setenv("WEEFSEL_SERVICES", "profiles,exchange")
        patch.setenv("WEEFSEL_CLOCK_FILE", str(stack.folder / "clock"))
        clock.move(stack.folder / "clock", _until_eleven())
        async with stack.running("profiles"), stack.running("exchange"), stack.connect() as client:
            ids, _ = await people.bring_in(client)
            for id_ in ids.values():
                await eventually(lambda id_=id_: _known(client, id_))
            yield Weefsel(tmp_path_factory.mktemp("files"))


def _until_eleven() -> timedelta:
    now = clock.now().astimezone(ZoneInfo("Europe/Brussels"))
    eleven = datetime.combine(now.date() + timedelta(days=1), time(11), now.tzinfo)
    return eleven - now


async def _known(client: Client, id_: Any) -> bool:
    try:
        await client.get(ListAcquaintances(participant_id=id_))
    except Refused:
        return False
    return True


async def test_an_ask_from_opening_to_thanks(weefsel: Weefsel) -> None:
    opened = await weefsel.ok("exchange", "ask", "martine", life.HEDGE, "--when", "wednesday afternoon", *SPOKEN)
    assert "The ask of martine is open. Neighbours who may enjoy it are being sought" in opened
    shown = await weefsel.ok("exchange", "show", "martine")
    assert "Martine Van den Berghe" in shown
    assert "wednesday afternoon" in shown
    assert "garden" in shown
    listed = await weefsel.ok("exchange", "invitations", "martine", *MARIE)
    assert "Jos De Smet" in listed
    assert "Jos says yes." in await weefsel.ok("exchange", "answer", "Jos", "yes", *MARIE)
    assert "Jos De Smet: said yes, and enjoys" in await weefsel.ok("exchange", "show", "martine", *MARIE)
    agreed = await weefsel.ok("exchange", "agree", "martine: haag", "--how", "letter")
    assert "Both sides say yes. Both agreed: each gets the other's contact." in agreed
    moved = await weefsel.ok("exchange", "move", "jos", "next friday 10:00", "--as", "participant:jos")
    assert "The moment is moved." in moved
    assert "It is done." in await weefsel.ok("exchange", "finish", "jos")
    await weefsel.ok("exchange", "how-was-it", "martine", "good")
    await weefsel.ok("exchange", "thanks", "martine", "Merci Jos!")
    assert "Merci Jos!" in await weefsel.ok("exchange", "show", "martine: haag", "--as", "participant:jos")
    assert "Merci Jos!" not in await weefsel.ok("exchange", "show", "martine: haag", *MARIE)
    assert "Martine Van den Berghe" in await weefsel.ok("exchange", "acquaintances", "jos")


async def test_who_is_a_stranger_is_asked_when_a_worker_has_looked(weefsel: Weefsel) -> None:
    await weefsel.ok("exchange", "ask", "ivana", "Wie wandelt er mee?", "--kind", "samen wandelen", *SPOKEN)
    assert "Tom Willems" in await weefsel.ok(
        "exchange", "invitations", "--stage", "held", "--neighbourhood", "brugse-poort"
    )
    assert "Tom is asked." in await weefsel.ok("exchange", "send", "Tom", *MARIE)
    assert "not now" in await weefsel.ok("exchange", "answer", "Tom", "not-now", *MARIE)
    await weefsel.ok("exchange", "withdraw", "ivana")
    assert "none for which this can be done" in await weefsel.refused("exchange", "agree", "ivana")
    again = await weefsel.ok("exchange", "reopen", "ivana", "--when", "some time", *SPOKEN)
    assert "It is open." in again
    handed = await weefsel.ok("exchange", "hand-over", "ivana")
    assert "It is with the worker" in handed


async def test_a_half_question_is_kept_and_then_opened(weefsel: Weefsel) -> None:
    kept = await weefsel.ok("exchange", "half", "elif", "Iemand om eens voor te lezen?", *SPOKEN)
    assert "nobody else until it is opened" in kept
    assert (await weefsel.json("exchange", "show", "elif", *MARIE))["half"] is True
    await weefsel.ok("exchange", "change", "elif", "--words", "Wie leest er graag voor?")
    opened = await weefsel.ok("exchange", "open-draft", "elif", "--kind", "reading", *SPOKEN, *MARIE)
    assert "It is open." in opened
    assert "Godelieve Pauwels" in await weefsel.ok("exchange", "invitations", "elif")
    assert "Godelieve is not asked." in await weefsel.ok("exchange", "hold-back", "Godelieve", *MARIE)
    assert (await weefsel.json("exchange", "candidates", "elif", *MARIE))["candidates"] == []
    assert "Annelies is asked." in await weefsel.ok("exchange", "invite", "elif", "Annelies", *MARIE)
    never = await weefsel.ok("exchange", "answer", "Annelies", "never", *MARIE)
    assert "not asked for this kind again" in never
    await weefsel.ok("exchange", "allow", "Annelies", "reading")


async def test_beyond_the_limits_it_is_with_the_worker_who_may_deviate(weefsel: Weefsel) -> None:
    handed = await weefsel.ok("exchange", "ask", "roger", life.MARKET, "--often", "weekly", *SPOKEN)
    assert "The ask of roger is with the worker. It is with the worker, who looks what fits" in handed
    assert "on a fixed rhythm" in await weefsel.ok("exchange", "list", "--stage", "handed-over")
    deviation = ("exchange", "deviate", "roger", "Nog twee keer, tot de minibus rijdt.")
    assert "only by a worker" in await weefsel.refused(*deviation)
    assert "The limit is set aside" in await weefsel.ok(*deviation, *MARIE)
    assert "minibus" in await weefsel.ok("exchange", "show", "roger", *MARIE)


async def test_what_can_not_be_is_a_sentence(weefsel: Weefsel) -> None:
    assert "consented is not filled in" in await weefsel.refused("exchange", "ask", "bart", "Een spelletje?")
    assert "no moment" in await weefsel.refused("exchange", "ask", "bart", "Een spel?", "--when", "soms", *SPOKEN)
    past = ("exchange", "ask", "bart", "Een spel?", "--when", "2020-01-01", *SPOKEN)
    assert "in the past" in await weefsel.refused(*past)
    assert "no such exchange" in await weefsel.refused("exchange", "show", "bart")
    assert "asked nothing" in await weefsel.refused("exchange", "answer", "bart", "yes")
    assert "Nobody is called" in await weefsel.refused("exchange", "list", "--who", "niemand")
    assert "Nobody is called" in await weefsel.refused("exchange", "list", "--as", "worker:niemand")


async def test_people_meet_and_know_each_other(weefsel: Weefsel) -> None:
    plan = ("gatherings", "plan", "Koffie en taart", "--neighbourhood", demo.BRUGSE_POORT, "--place", "Buurthuis")
    planned = await weefsel.ok(
        *plan, "--from", "next saturday 14:00", "--until", "16u30", "--host", "bart", "--no-invite"
    )
    assert "Koffie en taart is planned" in planned
    assert "Bart Lambrecht" in await weefsel.ok("gatherings", "list")
    await weefsel.ok("gatherings", "change", "koffie", "--place", "De tuin", "--from", "next saturday 15:00")
    shown = await weefsel.ok("gatherings", "show", "koffie")
    assert "De tuin" in shown
    assert "17:30" in shown
    await weefsel.ok("gatherings", "invite", "koffie", "Yusuf", *MARIE)
    coming = await weefsel.ok("gatherings", "answer", "koffie", "Yusuf", "yes", "--bringing", "baklava")
    assert "Yusuf comes." in coming
    assert "brings baklava" in await weefsel.ok("gatherings", "show", "koffie")
    assert "called 'feest'" in await weefsel.refused("gatherings", "show", "feest")
    await weefsel.ok("gatherings", "cancel", "koffie")
    assert "cancelled" in await weefsel.ok("gatherings", "list", "--stage", "cancelled")


async def test_a_worker_introduces_and_sees_whom_to_visit(weefsel: Weefsel) -> None:
    assert "know each other now" in await weefsel.ok("exchange", "introduce", "Willy", "Nadia", *MARIE)
    assert "Nadia Benali" in await weefsel.ok("exchange", "acquaintances", "Willy")
    assert "no reason to visit anyone" in await weefsel.ok("exchange", "attention", demo.RABOT, *MARIE)
    clock.move(Path(os.environ["WEEFSEL_CLOCK_FILE"]), timedelta(days=70))
    looked = await weefsel.ok("exchange", "attention", demo.RABOT, *MARIE)
    assert "knows nobody yet" in looked
    assert "hasn't been heard of" in looked
    assert "Maryam Hosseini" in looked
    assert "no figures yet" in await weefsel.ok("exchange", "figures", demo.RABOT)
