"""Planning, changing and cancelling gatherings, one by one or as a series."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.exchange.domain import gatherings as domain
from services.exchange.domain import recurrence
from services.exchange.domain.gatherings import Gathering, Series
from services.exchange.domain.people import Neighbourhood, refuse_absent
from services.exchange.handlers import access
from services.exchange.handlers.inviting import ask_after_quiet, invite, invite_in_time, tell
from services.exchange.repository import gatherings as repository
from services.exchange.repository import guests, people
from shared.access import ANYONE, Actor, check_grant, who
from shared.contracts.exchange import (
    CancelGathering,
    ChangeGathering,
    GatheringBegan,
    GatheringCancelled,
    GatheringChanged,
    GatheringDue,
    GatheringPlanned,
    GatheringRef,
    NextStep,
    PlanGathering,
    WorkerAsked,
)
from shared.ids import new_id
from shared.messaging import Rejected, Transaction, handles


@handles(PlanGathering)
async def plan_gathering(command: PlanGathering, tx: Transaction) -> GatheringRef:
    """One gathering, or a series of them; neighbours are invited."""
    actor = who(tx, ANYONE)
    domain.check_plan(command, actor, tx.now)
    place = await _place(tx, actor, command)
    await _check_host(tx, actor, command.host_id, place)
    if command.repeats is None:
        return domain.ref(await _plan(tx, domain.alone(command, new_id(), str(actor), tx.now)))
    repeats = recurrence.read(command.repeats, command.starts_at, place.zone)
    series = domain.series_of(command, new_id(), repeats, str(actor))
    await repository.keep_series(tx, series)
    return domain.ref((await _plan_next(tx, series, place, after=None))[0])


@handles(ChangeGathering)
async def change_gathering(command: ChangeGathering, tx: Transaction) -> GatheringRef:
    """Who comes is told."""
    before = await theirs(tx, command.gathering_id)
    domain.refuse_not_planned(before, tx.now)
    after = domain.changed(before, command, tx.now)
    if after != before:
        domain.refuse_seats(after, (await guests.coming(tx, [after])).get(after.gathering_id, 0))
        await repository.save(tx, after)
        await tx.emit(domain.told(GatheringChanged, after))
        if domain.to_be_told(before, after):
            await _tell_all(tx, [after], "gathering-changed")
        await _expect(tx, after)
    return domain.ref(after)


@handles(CancelGathering)
async def cancel_gathering(command: CancelGathering, tx: Transaction) -> GatheringRef:
    """Who was to come is told, of a series once."""
    gathering = await theirs(tx, command.gathering_id)
    domain.refuse_cancel(gathering)
    series = await _series_to_end(tx, gathering) if command.and_following else None
    going = [] if gathering.stage == "cancelled" else [gathering]
    if series is not None:
        await repository.keep_series(tx, replace(series, ended_at=tx.now))
        await tx.cancel(GatheringDue.timer(series.series_id, "plan-next"))
        going += await repository.following(tx, gathering)
    await _tell_all(tx, [each for each in going if each.ends_at > tx.now], "gathering-cancelled")
    ended = [await _cancel(tx, each) for each in going]
    return domain.ref(ended[0] if going and going[0] is gathering else gathering)


@handles(GatheringDue)
async def on_gathering_due(event: GatheringDue, tx: Transaction) -> None:
    """The next ones of a series are planned, neighbours are invited, someone's quiet hours are over, or it begins."""
    if event.to == "plan-next":
        await _plan_following(tx, event.gathering_id)
        return
    gathering = await repository.locked(tx, event.gathering_id)
    if gathering is not None and event.to == "begin":
        await _begin(tx, gathering)
    elif gathering is not None and event.participant_id is not None:
        await ask_after_quiet(tx, gathering, event.participant_id)
    elif gathering is not None:
        await invite(tx, gathering)


async def leave_gatherings(tx: Transaction, participant_id: UUID, *, still_in: str | None) -> None:
    """Someone takes no part any more, but in `still_in`, where they still live.

    Their places are free for others, and the worker welcomes people in their stead.
    """
    await repository.leave_series(tx, participant_id, still_in=still_in)
    await guests.free_places(tx, participant_id, still_in=still_in)
    for gathering in await repository.hosted(tx, participant_id, still_in=still_in):
        after = domain.without_host(gathering)
        await repository.save(tx, after)
        await tx.emit(domain.told(GatheringChanged, after))
        await _ask_to_welcome(tx, after)


async def theirs(tx: Transaction, gathering_id: UUID) -> Gathering:
    """A gathering, locked, that the sender may change: its host, who acts for the host, the partner that planned it,
    a worker or an operator."""
    actor = who(tx, ANYONE)
    found = await repository.locked(tx, gathering_id)
    if found is None or (actor.kind == "partner" and found.planned_by != str(actor)):
        raise Rejected("unknown_id", "gathering_id is no gathering that we know: check the id", "gathering_id")
    if actor.kind == "partner":
        check_grant(await people.grant_of(tx, actor.id), found.neighbourhood_id, "gathering_id")
    elif actor.kind == "participant" and not await hosts(tx, actor, found):
        raise Rejected("not_allowed", "gathering_id is for its host or a worker: ask one of them", "gathering_id")
    return found


async def hosts(tx: Transaction, actor: Actor, gathering: Gathering) -> bool:
    """Whether someone welcomes people there, or acts for who does."""
    if gathering.host_id is None or actor.uuid == gathering.host_id:
        return gathering.host_id is not None
    host = await people.person(tx, gathering.host_id)
    return host is not None and actor.uuid in host.mandate_holder_ids


async def _place(tx: Transaction, actor: Actor, command: PlanGathering) -> Neighbourhood:
    """Where it will be. Refused when the sender can't plan there, or the policy knows no such kind."""
    place = await access.place(tx, command.neighbourhood_id)
    if actor.kind == "partner":
        check_grant(await people.grant_of(tx, actor.id), place.neighbourhood_id, "neighbourhood_id")
    if command.kind is not None and not access.policy(tx, place).has_kind(command.kind):
        raise Rejected("unknown_kind", "kind is not in the policy's list: choose one of it, or leave it out", "kind")
    return place


async def _check_host(tx: Transaction, actor: Actor, host_id: UUID | None, place: Neighbourhood) -> None:
    """Refuse a host who doesn't take part or live there, or for whom the sender can't speak."""
    if host_id is None:
        return
    host = await access.person(tx, host_id, ANYONE, "host_id")
    refuse_absent(host, "host_id")
    domain.refuse_host_elsewhere(host, place.neighbourhood_id)
    if actor.kind == "partner":
        grant = await people.grant_of(tx, actor.id)
        domain.check_host_consents(await people.running_consents(tx, host_id), grant)
    if actor.kind == "participant":
        await people.heard_of(tx, host_id)


async def _plan(tx: Transaction, gathering: Gathering) -> Gathering:
    """A new gathering, told, with its invitations. One of a series that is there already is left as it is."""
    if await repository.add(tx, gathering):
        await tx.emit(domain.told(GatheringPlanned, gathering))
        await _expect(tx, gathering)
    return gathering


async def _expect(tx: Transaction, gathering: Gathering) -> None:
    """Neighbours are invited to it in time, and that it begins is told when it does."""
    await invite_in_time(tx, gathering)
    id_ = gathering.gathering_id
    due = GatheringDue(neighbourhood_id=gathering.neighbourhood_id, gathering_id=id_, to="begin")
    await tx.at(gathering.starts_at, due, GatheringDue.timer(id_, "begin"))


async def _begin(tx: Transaction, gathering: Gathering) -> None:
    """Not of one that is cancelled, moved, or over: that was told."""
    if gathering.stage == "planned" and gathering.starts_at <= tx.now:
        await tx.emit(domain.told(GatheringBegan, gathering))


async def _plan_following(tx: Transaction, series_id: UUID) -> None:
    """The next ones of a series that goes on; it ends with its neighbourhood."""
    series = await repository.locked_series(tx, series_id)
    place = await people.neighbourhood(tx, series.neighbourhood_id) if series else None
    if series is None or series.ended_at is not None or place is None:
        return
    if place.retired:
        await repository.keep_series(tx, replace(series, ended_at=tx.now))
    else:
        await _plan_next(tx, series, place, after=series.planned_until)


async def _plan_next(
    tx: Transaction, series: Series, place: Neighbourhood, *, after: datetime | None
) -> list[Gathering]:
    """Those of a series that come near, and a timer for when the next one does."""
    ahead = timedelta(days=access.policy(tx, place).gatherings.ahead_days)
    until = max(tx.now + ahead, series.first_at)
    found = recurrence.moments(series.repeats, series.first_at, place.zone, after=after, until=until)
    host_id = await _present_host(tx, series)
    new = [
        domain.one_of(replace(series, host_id=host_id), new_id(), each, place.zone, tx.now)
        for each in found.within if each > tx.now
    ]  # fmt: skip
    for each in new:
        await _plan(tx, each)
        if host_id != series.host_id:
            await _ask_to_welcome(tx, each)
    await repository.keep_series(tx, domain.planned(series, found.within, found.then, tx.now))
    if found.then is not None:
        due = GatheringDue(
            neighbourhood_id=series.neighbourhood_id, gathering_id=series.series_id, to="plan-next"
        )  # fmt: skip
        await tx.at(max(tx.now, found.then - ahead), due, GatheringDue.timer(series.series_id, "plan-next"))
    return new


async def _present_host(tx: Transaction, series: Series) -> UUID | None:
    """Who welcomes people at the next ones; not who takes no part at this moment."""
    host = await people.present(tx, series.host_id) if series.host_id else None
    return host.participant_id if host is not None and host.status == "active" else None


async def _series_to_end(tx: Transaction, gathering: Gathering) -> Series | None:
    """The series of a gathering, when it has one that goes on."""
    return await repository.locked_series(tx, gathering.series_id) if gathering.series_id else None


async def _cancel(tx: Transaction, gathering: Gathering) -> Gathering:
    after = domain.cancelled(gathering)
    await repository.save(tx, after)
    await guests.drop_unasked(tx, gathering.gathering_id)
    for to in ("invite", "begin"):
        await tx.cancel(GatheringDue.timer(gathering.gathering_id, to))
    await tx.emit(domain.told(GatheringCancelled, after))
    return after


async def _tell_all(tx: Transaction, gatherings: list[Gathering], step: NextStep) -> None:
    """Each who is concerned hears once, of the first one; not who did it."""
    actor = who(tx, ANYONE)
    heard = {actor.uuid} if actor.kind == "participant" else set()
    for gathering in sorted(gatherings, key=lambda each: each.starts_at):
        place = await _known_place(tx, gathering)
        for participant_id in await guests.to_tell(tx, gathering):
            if participant_id not in heard:
                heard.add(participant_id)
                await tell(tx, gathering, participant_id, step, place)


async def _ask_to_welcome(tx: Transaction, gathering: Gathering) -> None:
    place = await _known_place(tx, gathering)
    await tx.emit(
        WorkerAsked(
            neighbourhood_id=gathering.neighbourhood_id, worker_id=place.worker_id, to="welcome-people",
            gathering_id=gathering.gathering_id,
        )
    )  # fmt: skip


async def _known_place(tx: Transaction, gathering: Gathering) -> Neighbourhood:
    """Where a gathering is; neighbourhoods are never forgotten."""
    place = await people.neighbourhood(tx, gathering.neighbourhood_id)
    assert place is not None
    return place
