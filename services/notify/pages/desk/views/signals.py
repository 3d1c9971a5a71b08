"""Signals as the desk shows them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.notify.pages.desk import words
from services.notify.pages.desk.views.parts import Do, Fact, Go, Item, Names, Say, Tag, Tone, inside, kept
from shared.contracts.signals import Mediation, Notes, Signal, SignalStep, SignalSummary

_TONES: dict[str, Tone] = {"today": "urgent", "this-week": "warm", "watch": "calm"}


def address(signal_id: UUID) -> str:
    return f"/desk/signals/{signal_id}"


def line(signal: SignalSummary, names: Names, say: Say, me: UUID) -> Item:
    """A signal in a list, with what this worker can do with it at once."""
    return Item(
        title=names.person(signal.participant_id), to=address(signal.signal_id),
        lines=kept(say(words.CAUSE[signal.cause]) if signal.cause != "noticed" else "", standing(signal, names, say)),
        tags=tags(signal, say), doing=doing(signal, names, say, me), when=say.day(signal.raised_at),
    )  # fmt: skip


def tags(signal: SignalSummary, say: Say) -> tuple[Tag, ...]:
    urgency = Tag(say(words.URGENCY[signal.urgency]), _TONES[signal.urgency])
    return (urgency, Tag(say.signal_kind(signal.kind)))


def standing(signal: SignalSummary, names: Names, say: Say) -> str:
    """In a sentence, where it stands."""
    match signal.stage:
        case "open" if signal.told_id:
            return say("Told to {worker}; nobody has taken it yet.", worker=names.worker(signal.told_id))
        case "open":
            return say("Nobody has taken it yet.")
        case "taken" if signal.offered_to:
            return say(
                "{worker} has it, and asks {other} to take it over.",
                worker=names.worker(signal.worker_id), other=names.worker(signal.offered_to),
            )  # fmt: skip
        case "taken":
            return say("{worker} has it.", worker=names.worker(signal.worker_id))
        case "snoozed" if signal.look_again_on:
            return say(
                "{worker} looks at it again on {day}.",
                worker=names.worker(signal.worker_id), day=say.day(signal.look_again_on),
            )  # fmt: skip
        case "closed" if signal.outcome:
            return say("Closed: {outcome}.", outcome=say(words.OUTCOME[signal.outcome]))
    return say(words.SIGNAL_STAGE[signal.stage])


def doing(signal: SignalSummary, names: Names, say: Say, me: UUID) -> tuple[Go | Do, ...]:
    """The one thing, or two, that come first."""
    whom, here = names.person(signal.participant_id), {"signal_id": str(signal.signal_id)}
    look = Go(say("Look"), address(signal.signal_id), whom=whom)
    if signal.offered_to == me:
        return (
            Do(say("I take it over"), "answer-offer", {**here, "agreed": "true"}, main=True, whom=whom),
            Do(say("Not this time"), "answer-offer", {**here, "agreed": "false"}, whom=whom), look,
        )  # fmt: skip
    if signal.stage == "open":
        return (Do(say("I take this"), "take-signal", here, main=True, whom=whom), look)
    return (look,)


def facts(signal: Signal, names: Names, say: Say) -> list[Fact]:
    """What is known of it, in short."""
    word = say(words.ON_WHOSE_WORD[signal.on_word_of]) if signal.on_word_of else say(words.CAUSE[signal.cause])
    found = [
        Fact(say("Who"), names.person(signal.participant_id), f"/desk/people/{signal.participant_id}"),
        Fact(say("Neighbourhood"), names.place(signal.neighbourhood_id)),
        Fact(say("Where it stands"), standing(signal, names, say)),
        Fact(say("Where it comes from"), word),
        Fact(say("Raised"), f"{say.moment(signal.raised_at)}, {names.actor(signal.raised_by, say)}"),
    ]
    if signal.exchange_id:
        found.append(Fact(say("It came from"), say("an ask or offer"), f"/desk/exchanges/{signal.exchange_id}"))
    if signal.referral_id:
        found.append(Fact(say("Referral"), say("See the referral"), f"/desk/referrals/{signal.referral_id}"))
    if signal.merged_into:
        found.append(Fact(say("Goes on as"), say("another signal"), address(signal.merged_into)))
    return found


def steps(signal: Signal, names: Names, say: Say) -> list[Fact]:
    """What happened to it, the latest first."""
    return [Fact(say.moment(each.at), _step(each, names, say)) for each in reversed(signal.steps)]


def _step(step: SignalStep, names: Names, say: Say) -> str:
    worker = names.worker(step.worker_id) if step.worker_id else names.actor(step.by, say)
    text = say(words.SIGNAL_STEP[step.what], worker=worker)
    if step.step:
        text = f"{text} ({inside(say(words.DUTY_STEP[step.step]), say.language)})"
    if step.outcome:
        text = f"{text}{say.colon} {inside(say(words.OUTCOME[step.outcome]), say.language)}"
    if step.what not in ("told", "taken", "offered", "handed-over", "offer-declined") and step.by != "system":
        text = f"{text} · {names.actor(step.by, say)}"
    return text


def actions(signal: Signal, names: Names, say: Say, me: UUID) -> tuple[list[Go | Do], list[Go | Do]]:
    """What this worker can do with it: first what comes first, then the rest."""
    at, here = address(signal.signal_id), {"signal_id": str(signal.signal_id)}
    if signal.stage in ("closed", "merged"):
        return ([], [Do(say("Open it again"), "reopen-signal", here)] if signal.stage == "closed" else [])
    first: list[Go | Do] = [each for each in doing(signal, names, say, me) if isinstance(each, Do)]
    rest: list[Go | Do] = []
    if signal.worker_id == me:
        first.append(Go(say("Close it"), f"{at}/close", main=True))
        rest += [
            Go(say("Refer to a service"), f"/desk/refer/{signal.participant_id}?signal={signal.signal_id}"),
            Go(say("Put off until later"), f"{at}/snooze"),
        ]
        if signal.offered_to:
            rest.append(Do(say("Take the offer back"), "take-offer-back", {**here, "agreed": "false"}))
        else:
            rest.append(Go(say("Ask a colleague to take it over"), f"{at}/offer"))
        if signal.mediation is None:
            rest.append(Go(say("Mediate between two people"), f"{at}/mediate"))
    elif signal.worker_id is not None:
        rest.append(Do(say("I take this"), "take-signal", here))
    rest += [
        Go(say("Change how urgent it is, or what it is about"), f"{at}/change"),
        Go(say("Join with another signal"), f"{at}/join"),
    ]
    return (first, rest)


def mediation(found: Mediation, names: Names, say: Say) -> tuple[str, list[Do]]:
    """Where a mediation stands, and its next steps."""
    here = {"mediation_id": str(found.mediation_id)}
    if found.ended_at:
        return (say(words.MEDIATION_STAGE[found.stage]), [])
    talks = [
        Do(
            say("I spoke with {name}", name=names.person(each)), "mediation-talk",
            {**here, "participant_id": str(each)}, main=True,
        )
        for each in (found.participant_id, found.other_id) if each not in found.spoken_with
    ]  # fmt: skip
    if not talks and not found.together:
        talks = [Do(say("I spoke with the two together"), "mediation-talk", here, main=True)]
    ends = [
        Do(say("They came to an agreement"), "mediation-end", {**here, "agreed": "true"}, main=found.together),
        Do(say("They did not come to an agreement"), "mediation-end", {**here, "agreed": "false"}),
    ]
    return (say(words.MEDIATION_STAGE[found.stage]), talks + ends)


def notes(found: Notes, names: Names, say: Say) -> list[Item]:
    """What was written, the oldest first."""
    return [
        Item(
            title=names.actor(each.written_by, say), quote=each.note, when=say.moment(each.written_at),
            tags=(Tag(say(words.NOTE_ABOUT[each.about])),) if each.about != "signal" else (),
        )
        for each in found.notes
    ]  # fmt: skip


def people(signals: Sequence[SignalSummary]) -> set[UUID]:
    """Whose names a list shows."""
    return {each.participant_id for each in signals}
