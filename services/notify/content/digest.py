"""A worker's digest: what is open at that hour, asked of each service, and what notify alone knows of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from services.notify.asking import Asker
from services.notify.content.writing import Moot, Writing, question, writes
from services.notify.domain.mails import Mail
from services.notify.repository import digests, tasks
from services.notify.repository.digests import Item
from services.notify.writing import data
from services.notify.writing.data import DigestItem, What
from shared.contracts.exchange import (
    Attention,
    ExchangeSummary,
    Invitation,
    ShowGathering,
    ShowWaiting,
)
from shared.contracts.profiles import ListDoubles, ListVisits
from shared.contracts.signals import ListReferrals, ListSignals, ReferralSummary, ShowSignal, SignalSummary

MOST = 60
"""Lines in one digest; the desk has the rest."""
MOST_PLACES = 20
"""That one question may name, and lines of each kind in its answer."""
_CAUSES: Mapping[str, What] = {
    "not-good": "mediation-asked", "limit": "limit-reached", "drift": "limit-reached",
    "nobody-found": "nobody-found", "silence": "fell-silent", "referral-ended": "referral-closed",
    "consent-ran-out": "consent-ran-out", "task-undone": "ring",
}  # fmt: skip


@dataclass
class Open:
    """What the services say is open."""

    held: list[Invitation] = field(default_factory=list)
    drafts: list[ExchangeSummary] = field(default_factory=list)
    attention: list[Attention] = field(default_factory=list)
    signals: list[SignalSummary] = field(default_factory=list)
    referrals: list[ReferralSummary] = field(default_factory=list)
    visited: set[UUID] = field(default_factory=set)
    """Newcomers who have had their visit since."""
    doubles: dict[str | None, int] = field(default_factory=dict)
    """Pairs that may be one person, by neighbourhood."""
    titles: dict[UUID, str] = field(default_factory=dict)
    """Of gatherings."""
    whose: dict[UUID, UUID] = field(default_factory=dict)
    """Of signals that came back."""


async def _everything(asker: Asker, mail: Mail) -> Open:
    """Several questions at once. When a service doesn't answer, the digest waits for it."""
    found = Open()
    deployed = asker.settings.services
    questions: list[Any] = []
    if not deployed or "exchange" in deployed:
        places = mail.detail["places"]
        some = [places[n : n + MOST_PLACES] for n in range(0, len(places), MOST_PLACES)]
        questions += [_waiting(asker, mail, each, found) for each in some]
    if not deployed or "signals" in deployed:
        questions += [
            _page(asker, mail, ListSignals(worker_id=mail.to_id, limit=50), found.signals, "signals"),
            _page(asker, mail, ListReferrals(worker_id=mail.to_id, open_only=True, limit=50), found.referrals,
                  "referrals"),
        ]  # fmt: skip
    questions += [_of_item(asker, mail, item, found) for item in mail.detail["items"]]
    await asyncio.gather(*questions)
    return found


async def _page(asker: Asker, mail: Mail, query: Any, into: list[Any], name: str) -> None:
    try:
        into += getattr(await question(asker, query, mail.actor), name)
    except Moot:
        return


async def _waiting(asker: Asker, mail: Mail, places: list[str], found: Open) -> None:
    """What waits in some neighbourhoods; on Mondays also whom to visit."""
    try:
        waiting = await question(asker, ShowWaiting(neighbourhood_ids=places, limit=MOST_PLACES), mail.actor)
    except Moot:
        return
    found.held += waiting.invitations
    found.drafts += [*waiting.half, *waiting.doubted, *waiting.wishes]
    found.attention += waiting.attention if mail.detail["monday"] else []


async def _of_item(asker: Asker, mail: Mail, item: Item, found: Open) -> None:
    """What a line of our own needs besides."""
    try:
        if item.what == "visit" and item.participant_id:
            page = await question(asker, ListVisits(participant_id=item.participant_id, limit=1), mail.actor)
            found.visited |= {item.participant_id} if page.visits else set()
        elif item.what == "double" and item.neighbourhood_id:
            doubles = await question(asker, ListDoubles(neighbourhood_id=item.neighbourhood_id), mail.actor)
            found.doubles[item.neighbourhood_id] = len(doubles.doubles)
        elif item.what == "welcome-people" and item.matter_id:
            gathering = await question(asker, ShowGathering(gathering_id=item.matter_id), mail.actor)
            if gathering.host_id is None and gathering.stage == "planned":
                found.titles[item.matter_id] = gathering.title
        elif item.what in ("signal-back", "signal-still") and item.matter_id:
            signal = await question(asker, ShowSignal(signal_id=item.matter_id), mail.actor)
            still = item.what == "signal-back" or signal.worker_id == mail.to_id
            if signal.stage not in ("closed", "merged", "snoozed") and still:
                found.whose[item.matter_id] = signal.participant_id
    except Moot:
        return


@writes("digest", asks=_everything)
async def digest(writing: Writing, found: Open) -> data.Mail:
    """One mail with all that can be done; none when there is nothing."""
    items = [
        *await _own(writing, found),
        *await _tasks(writing),
        *[line for each in found.signals if (line := await _signal(writing, each))],
        *[line for each in found.referrals if (line := await _referral(writing, each))],
        *[line for each in found.held if (line := await _held(writing, each))],
        *[line for each in found.drafts if (line := await _draft(writing, each))],
        *[line for each in found.attention if (line := await _attention(writing, each))],
    ]
    if not items:
        raise Moot("nothing is open")
    await digests.gathered(writing.tx, [each.item_id for each in writing.mail.detail["items"]], writing.mail.mail_id)
    return data.Digest(url=await writing.desk(), items=tuple(items[:MOST]))


async def _line(writing: Writing, what: What, path: str, whose: UUID | None, **more: Any) -> DigestItem | None:
    """One line; None for who is no longer known."""
    try:
        name = await writing.name(whose) if whose else None
    except Moot:
        return None
    return DigestItem(what=what, url=await writing.desk(path), name=name, **more)


async def _own(writing: Writing, found: Open) -> list[DigestItem]:
    lines, worker_id = [], writing.mail.to_id
    assert worker_id is not None
    twice = await digests.told_of_doubles(writing.tx, worker_id)
    for each in cast("list[Item]", writing.mail.detail["items"]):
        if each.what == "visit" and each.participant_id not in found.visited:
            line = await _line(writing, "visit", f"/people/{each.participant_id}/visit", each.participant_id,
                               since=each.since)  # fmt: skip
        elif each.what == "address-fails":
            path = f"/people/{each.participant_id}"
            line = await _line(writing, "address-fails", path, each.participant_id, since=each.since)
        elif (
            each.what == "double"
            and each.neighbourhood_id in twice
            and (number := found.doubles.get(each.neighbourhood_id))
        ):
            line = await _line(writing, "double", "/people/doubles", None, number=number)
        elif each.what == "welcome-people" and each.matter_id in found.titles:
            line = await _line(writing, "welcome-people", f"/gatherings/{each.matter_id}", None,
                               words=found.titles[each.matter_id], since=each.since)  # fmt: skip
        elif each.what in ("signal-back", "signal-still") and each.matter_id in found.whose:
            what: What = "signal-back" if each.what == "signal-back" else "signal-still"
            line = await _line(writing, what, f"/signals/{each.matter_id}", found.whose[each.matter_id],
                               since=each.since)  # fmt: skip
        else:
            continue
        lines += [line] if line else []
    return lines


async def _tasks(writing: Writing) -> list[DigestItem]:
    """A line for each person whom they are to ring, or to bring letters, whatever there is to tell."""
    assert writing.mail.to_id is not None
    found = await tasks.to_tell(writing.tx, writing.mail.to_id, MOST)
    lines = [
        await _line(writing, "ring" if each.way == "phone" else each.way, f"/people/{each.participant_id}/tasks",
                    each.participant_id, number=each.number, by=each.by)
        for each in found
    ]  # fmt: skip
    return [line for line in lines if line]


async def _signal(writing: Writing, found: SignalSummary) -> DigestItem | None:
    """What nobody has yet, and what a colleague asks to take over. What they have taken is theirs to plan."""
    path = f"/signals/{found.signal_id}"
    if found.offered_to == writing.mail.to_id:
        return await _line(writing, "signal-offered", path, found.participant_id, since=found.raised_at)
    if found.stage != "open":
        return None
    return await _line(
        writing, _CAUSES.get(found.cause, "signal"), path, found.participant_id, since=found.raised_at,
        climbed=found.step not in (None, "worker"),
    )  # fmt: skip


async def _referral(writing: Writing, found: ReferralSummary) -> DigestItem | None:
    """What they have to say a word on soon."""
    if found.decide_by is None or found.requested_at is None:
        return None
    if (found.decide_by - writing.tx.now).days > 3:
        return None
    return await _line(
        writing, "referral-decide", f"/referrals/{found.referral_id}", found.participant_id, since=found.requested_at,
        by=found.decide_by,
    )  # fmt: skip


async def _held(writing: Writing, found: Invitation) -> DigestItem | None:
    return await _line(
        writing, "see-invitation", f"/exchanges/{found.exchange_id}", found.participant_id, words=found.words
    )


async def _draft(writing: Writing, found: ExchangeSummary) -> DigestItem | None:
    """A half question, what is in doubt, or a wish that meets a talent."""
    what: What = "send-on" if found.by_system else "see-half-question" if found.half else "decide"
    return await _line(
        writing, what, f"/exchanges/{found.exchange_id}", found.participant_id, words=found.words,
        since=found.drafted_at,
    )  # fmt: skip


async def _attention(writing: Writing, found: Attention) -> DigestItem | None:
    return await _line(writing, found.reason, f"/people/{found.participant_id}", found.participant_id,
                       since=found.since)  # fmt: skip
