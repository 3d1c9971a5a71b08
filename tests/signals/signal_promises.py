"""What is promised of a signal whatever happens: for the state machine, which holds it after each step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from services.signals.domain import climbing
from services.signals.domain.people import Neighbourhood
from shared.contracts.envelope import Event
from shared.contracts.signals import AskedDue, SignalDue
from shared.policy import load
from tests.signals.referral_world import World

UP = {"worker": 0, "backup": 1, "coordinator": 2}
POLICY = load()
HERE = Neighbourhood("here", "Europe/Brussels", "default", "", (), retired=False)


def has_one_worker_at_most(signal: Any, ended: set[UUID]) -> None:
    has = signal["worker_id"]
    if signal["stage"] in ("taken", "snoozed"):
        assert has is not None
        assert has not in ended, "with someone who stopped"
    if signal["stage"] == "open":
        assert has is None
        assert signal["step"] is not None


def has_its_timers(signal: Any, timers: set[str], on_their_way: set[str], now: datetime) -> None:
    """A timer exists exactly while it can be of use, and what is open waits no longer than it may."""
    runs, late = (
        {each for each in ("climb", "come-back") if SignalDue.timer(signal["signal_id"], each) in keys}
        for keys in (timers, on_their_way)
    )
    wanted: set[str] = set()
    if signal["stage"] == "open" and (signal["step"] != "coordinator" or signal["urgency"] == "today"):
        wanted = {"climb"}
    if signal["stage"] == "snoozed":
        wanted = {"come-back"}
    assert runs <= wanted, f"{signal['stage']} with timers {runs}"
    assert wanted <= runs | late, f"{signal['stage']} without {wanted - runs}"
    if signal["stage"] == "open" and not late:
        until = climbing.waits_until(signal["urgency"], signal["step"], signal["told_at"], HERE, POLICY)
        assert until is None or until > now, "it waits longer than it may"


def goes_up(steps: Sequence[Any]) -> None:
    """From one who was told to the next it never goes down, while nothing else happens."""
    assert steps[0]["what"] == "raised"
    assert [each["at"] for each in steps] == sorted(each["at"] for each in steps)
    for before, after in pairwise(steps):
        if before["what"] == after["what"] == "told":
            up = UP[after["step"]] - UP[before["step"]]
            assert up > 0 or after["step"] == "coordinator", (before["step"], after["step"])


async def steps(world: World, signal: Any) -> list[Any]:
    return await world.rows(
        "SELECT * FROM signal_step WHERE signal_id = $1 ORDER BY step_id", signal["signal_id"]
    )  # fmt: skip


async def readers(world: World, signal: Any, backups: dict[UUID, UUID | None]) -> set[UUID | None]:
    """Who may read its notes: who has it, or while nobody does who was told; and who stands in for them."""
    last, found = signal["worker_id"], {signal["worker_id"]}
    if last is None:
        told = [each for each in await steps(world, signal) if each["what"] == "told"]
        last, found = signal["told_id"], {each["worker_id"] for each in told}
    duty = await world.rows("SELECT * FROM duty WHERE neighbourhood_id = $1", signal["neighbourhood_id"])
    if duty and duty[0]["worker_id"] == last:
        found.add(duty[0]["backup_id"])
    return {*found, backups.get(last)} - {None}


def key(event: Event) -> str:
    """What its timer was called."""
    if isinstance(event, SignalDue):
        return SignalDue.timer(event.signal_id, event.to)
    assert isinstance(event, AskedDue)
    return AskedDue.timer(event.asked_id)
