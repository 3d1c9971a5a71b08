"""`weefsel signals` against running services: what is typed, what is read, and each refusal a sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from deploy.demo import people
from shared import clock
from shared.contracts.signals import ListReadings
from shared.messaging.client import Client, Refused
from tests.conftest import MakeStack
from tests.deploy.test_people_commands import Weefsel
from tests.waiting import eventually

MARIE, KARIM, LIEVE = ("--as", "worker:marie"), ("--as", "worker:karim"), ("--as", "worker:lieve")


@pytest.fixture(scope="module")
async def weefsel(module_stack: MakeStack, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Weefsel]:
    """Profiles and signals run, with the people of the demo."""
    stack = await module_stack(["profiles", "signals"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEEFSEL_NATS_URL", stack.nats_url)
        patch.setenv("WEEFSEL_NATS_CREDENTIALS", str(stack.keys.creds("cli")))
        patch.setenv("WEEFSEL_SERVICES", "profiles,signals")
        patch.setenv("WEEFSEL_CLOCK_FILE", str(stack.folder / "clock"))
        async with stack.running("profiles"), stack.running("signals"), stack.connect() as client:
            ids, _ = await people.bring_in(client)
            for id_ in ids.values():
                await eventually(lambda id_=id_: _known(client, id_))
            yield Weefsel(tmp_path_factory.mktemp("files"))


async def _known(client: Client, id_: Any) -> bool:
    try:
        await client.get(ListReadings(participant_id=id_))
    except Refused:
        return False
    return True


async def test_a_signal_from_raising_to_its_end(weefsel: Weefsel) -> None:
    raised = await weefsel.ok(
        "signals", "raise", "martine", "huishouden", "--urgency", "today", "--note", "De trap is te veel.", *MARIE
    )
    assert "The signal about martine is raised." in raised
    listed = await weefsel.ok("signals", "list", *KARIM)
    assert "Martine Van den Berghe" in listed
    assert "was told as" in listed
    assert "climbs no further" in await weefsel.ok("signals", "take", "martine", *MARIE)
    assert "with Marie Claes" in await weefsel.ok("signals", "list", "--worker", "marie")
    shown = await weefsel.ok("signals", "show", "martine", *MARIE)
    assert "About Martine Van den Berghe" in shown
    assert "raised, by Marie Claes" in shown
    assert "notes" in shown
    assert "De trap" not in shown
    assert "De trap is te veel." in await weefsel.ok("signals", "notes", "martine", *MARIE)
    assert "Marie Claes" in await weefsel.ok("signals", "readings", "martine")
    assert "It is closed." in await weefsel.ok("signals", "close", "martine", "talk", *MARIE)
    assert "closed: talk" in await weefsel.ok("signals", "show", "martine")
    assert "theirs" in await weefsel.ok("signals", "reopen", "martine", *KARIM)
    assert "comes back" in await weefsel.ok(
        "signals", "close", "martine", "keep-an-eye", "--look-again", "+14d", *KARIM
    )  # fmt: skip
    found = await weefsel.json("signals", "show", "martine")
    assert (found["stage"], found["outcome"]) == ("snoozed", "keep-an-eye")
    assert (
        found["look_again_on"]
        == (clock.now().astimezone(ZoneInfo("Europe/Brussels")) + timedelta(days=14)).date().isoformat()
    )


async def test_a_colleague_takes_it_over(weefsel: Weefsel) -> None:
    await weefsel.ok("signals", "raise", "roger", "mobility", *MARIE)
    await weefsel.ok("signals", "take", "roger", *MARIE)
    assert "is with a colleague" in await weefsel.refused("signals", "take", "roger", *KARIM)
    assert "karim is asked" in await weefsel.ok("signals", "offer", "roger", "karim", *MARIE)
    assert "offers it to Karim Haddad" in await weefsel.ok("signals", "list", "--who", "roger")
    assert "stays" in await weefsel.ok("signals", "answer-offer", "roger", "--no", *KARIM)
    await weefsel.ok("signals", "offer", "roger", "karim", *MARIE)
    assert "It is theirs now." in await weefsel.ok("signals", "answer-offer", "roger", "--yes", *KARIM)
    assert "rests until" in await weefsel.ok("signals", "snooze", "roger", "next monday", *KARIM)
    assert "rests until" in await weefsel.ok("signals", "show", "roger")
    assert "no day" in await weefsel.refused("signals", "snooze", "roger", "some time", *KARIM)
    assert "is a moment" in await weefsel.refused("signals", "snooze", "roger", "tomorrow 14:00", *KARIM)


async def test_two_of_one_matter_and_one_that_changes(weefsel: Weefsel) -> None:
    await weefsel.ok("signals", "raise", "elif", "food", *MARIE)
    await weefsel.ok("signals", "raise", "elif", "mood", "--word-of", "relative", *MARIE)
    assert "can be any of these" in await weefsel.refused("signals", "take", "elif", *MARIE)
    assert "as you said" in await weefsel.ok("signals", "change", "elif: mood", "--urgency", "watch", *MARIE)
    assert "go on as one" in await weefsel.ok("signals", "merge", "elif: mood", "elif: food", *MARIE)
    assert (await weefsel.json("signals", "show", "elif", *MARIE))["kind"] == "food"
    assert [each["stage"] for each in await weefsel.json("signals", "list", "--who", "elif", "--stage", "merged")]


async def test_mediation_goes_by_each_of_the_two_first(weefsel: Weefsel) -> None:
    await weefsel.ok("signals", "raise", "bart", "mediation", *MARIE)
    await weefsel.ok("signals", "take", "bart", *MARIE)
    assert "no mediation" in await weefsel.refused("signals", "mediate", "talk", "bart", *MARIE)
    assert "each of the two first" in await weefsel.ok("signals", "mediate", "start", "bart", "amina", *MARIE)
    assert "speak with each" in await weefsel.refused("signals", "mediate", "talk", "bart", *MARIE)
    for who in ("bart", "amina"):
        await weefsel.ok("signals", "mediate", "talk", "bart", who, *MARIE)
    assert "spoken together" in await weefsel.ok("signals", "mediate", "talk", "bart", *MARIE)
    assert "The two agreed." in await weefsel.ok("signals", "mediate", "end", "bart", "--agreed", *MARIE)
    assert "Bart Lambrecht and Amina El Amrani: agreed" in await weefsel.ok("signals", "show", "bart", *MARIE)
    assert "It is closed." in await weefsel.ok("signals", "close", "bart", "mediation", *MARIE)


async def test_a_note_is_for_its_worker_and_their_backup_and_a_long_one_is_refused_here_already(
    weefsel: Weefsel,
) -> None:
    await weefsel.ok("signals", "raise", "yusuf", "mood", *MARIE)
    await weefsel.ok("signals", "take", "yusuf", *MARIE)
    await weefsel.ok("signals", "note", "yusuf", "Belt niet meer terug.", *MARIE)
    assert "for its worker and their backup alone" in await weefsel.refused("signals", "notes", "yusuf", *LIEVE)
    refused = await weefsel.refused("signals", "note", "yusuf", "geheim " * 150_000, *MARIE)
    assert "4000" in refused
    assert "geheim" not in refused
    assert "no kind" in await weefsel.refused("signals", "raise", "yusuf", "voetbal", *MARIE)
    assert "no such signal" in await weefsel.refused("signals", "take", "godelieve", *MARIE)
