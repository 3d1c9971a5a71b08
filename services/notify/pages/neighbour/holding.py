"""What services hold on someone, in words: which facts are shown of each thing, what they are called, what they say.

The numbers by which services find things again say nothing to anyone, so the page leaves them out; the file has all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from services.notify.pages import choices
from services.notify.pages.choices import marked
from services.notify.pages.desk import words as desk
from services.notify.pages.desk.views.parts import inside
from services.notify.pages.moments import hour
from services.notify.writing.language import Speech
from shared.contracts.profiles import DayPart

LEFT_OUT = frozenset({
    "version", "thread", "token", "key_id", "digest", "claimed_until", "message_id", "attempts", "detail",
    "to_kind", "holder_kind", "heard_at", "silence_told_at", "rested", "nobody_told_at", "decide_step", "sender",
    "used_for", "ended_by", "gathered_in", "name_key", "email_key", "phone_key", "running", "invite", "lasts", "day",
    "repeats", "waiting", "consent_ids", "merged_into", "asked_by", "dismissed_by", "own", "first_at",
    "planned_until", "invites_at", "first_yes_at", "known_since", "follows_as", "acts_for", "to_id", "opening",
})  # fmt: skip
"""What says nothing to a reader, or what another fact of the same thing says already."""
PEOPLE = frozenset({"other_id", "holder_id", "host_id", "mandate_holder_ids", "member_ids", "spoken_with"})
WORKERS = frozenset({"worker_id", "told_id", "offered_to"})
ACTORS = frozenset({
    "recorded_by", "registered_by", "answered_by", "reviewed_by", "raised_by", "by", "written_by", "planned_by",
    "done_by", "fetched_by",
})  # fmt: skip
OWN_WORDS = frozenset({
    "name", "email", "phone", "address", "reference", "words", "title", "place", "bring", "bringing", "note",
    "question",
})  # fmt: skip
"""What somebody wrote: shown as it is. Any other text is a code, of which only what has words is shown."""
NAMED = PEOPLE | WORKERS | {"neighbourhood_id", "organisation_id"}
"""Ids that stand for somebody or something that has a name."""

LABELS = {
    "name": marked("Name"), "email": marked("E-mail"), "phone": marked("Telephone"), "address": marked("Address"),
    "languages": marked("Speaks"), "reach_by": marked("Rather reached"), "reached_by": marked("Rather reached"),
    "reach": marked("How you can be reached"), "status": marked("How it stands"), "stage": marked("How it stands"),
    "state": marked("How it stands"), "on_word_of": marked("On whose word"), "visited_at": marked("Visit"),
    "registered_at": marked("Taking part since"), "registered_by": marked("Registered by"),
    "newcomer_since": marked("New in the neighbourhood since"),
    "out_of_matching": marked("Without questions between neighbours"),
    "neighbourhood_id": marked("Neighbourhood"), "organisation_id": marked("Organisation"),
    "ceiling": marked("Questions in a month at most"), "availability": marked("Usually free"),
    "quiet_from": marked("Not to be disturbed from"), "quiet_until": marked("Not to be disturbed until"),
    "quiet_hours": marked("Not to be disturbed"), "talents": marked("What you like to do for others"),
    "wishes": marked("What you would enjoy"), "paused_until": marked("Pause until"), "left_at": marked("Left on"),
    "reference": marked("Reference of who brought it"), "mandate_holder_ids": marked("May answer for you"),
    "holder_id": marked("May answer"), "given_at": marked("Given on"), "until": marked("Until"),
    "ended_at": marked("Ended on"), "ending": marked("How it ended"), "recorded_by": marked("Recorded by"),
    "recorded_at": marked("Recorded on"), "purpose": marked("What for"), "fields": marked("What may be seen"),
    "filled": marked("What was filled in"), "how": marked("How it was said"), "worker_id": marked("Worker"),
    "told_id": marked("Told to"), "offered_to": marked("Offered to"), "fetched_at": marked("Looked at on"),
    "fetched_by": marked("Looked at by"), "other_id": marked("With whom"), "member_ids": marked("Your circle"),
    "asked_at": marked("Asked on"), "agreed_at": marked("Agreed on"), "same_by": marked("What is the same"),
    "found_at": marked("Found on"), "dismissed_at": marked("Two people, said on"), "part": marked("Which"),
    "kind": marked("What"), "asked": marked("What"), "words": marked("In your words"), "happens": marked("When"),
    "starts_at": marked("From when"), "ends_at": marked("Until when"), "often": marked("How often"),
    "people": marked("How many neighbours"), "half": marked("Half question"), "by_system": marked("Proposed by itself"),
    "why": marked("Why it went to the worker"), "consented": marked("How you agreed"), "drafted_at": marked("Begun on"),
    "opened_at": marked("Opened on"), "handed_over_at": marked("With the worker since"),
    "rests_until": marked("Rests until"), "reason": marked("Reason"), "again": marked("Asked once more"),
    "acquainted": marked("You knew each other"), "reasons": marked("Why you were thought of"),
    "made_at": marked("Made on"), "reviewed_by": marked("Looked at before by"), "answer_by": marked("Answer by"),
    "answered_at": marked("Answered on"), "answered_by": marked("Answered by"), "answer": marked("Answer"),
    "said_at": marked("Said on"), "since": marked("Since"), "through": marked("Through"), "host_id": marked("Welcomes"),
    "title": marked("What"), "place": marked("Where"), "seats": marked("Seats"), "bring": marked("To bring"),
    "planned_by": marked("Planned by"), "planned_at": marked("Planned on"), "invited_at": marked("Invited on"),
    "coming": marked("You come"), "bringing": marked("You bring"), "was_there": marked("You were there"),
    "urgency": marked("How soon"), "cause": marked("Where it came from"), "raised_by": marked("Noticed by"),
    "raised_at": marked("Noticed on"), "step": marked("Who was told"), "told_at": marked("Told on"),
    "look_again_on": marked("To be looked at again on"), "outcome": marked("How it ended"), "at": marked("When"),
    "by": marked("By"), "what": marked("What"), "about": marked("About"), "note": marked("Note"),
    "written_by": marked("Written by"), "written_at": marked("Written on"), "together": marked("Spoken together"),
    "spoken_with_you": marked("Spoken with you"), "spoken_with": marked("Spoken with"),
    "started_at": marked("Begun on"), "agreed": marked("They agreed"), "requested_at": marked("Service asked on"),
    "seen_at": marked("Seen by the service"), "decide_by": marked("Decided by"), "cell": marked("Roughly where"),
    "question": marked("What you would like"), "mails": marked("Mails you do without"),
    "failed_at": marked("Came back on"), "due_at": marked("To be sent on"), "way": marked("How"),
    "do_by": marked("To be done by"), "done_at": marked("Done on"), "done_by": marked("Done by"),
    "climbed": marked("Went to the coordinator"), "expires_at": marked("Holds until"), "used_at": marked("Used on"),
    "revoked_at": marked("Taken back on"),
}  # fmt: skip
"""Each fact by the name that it has in a service."""

_MAILS = {
    **dict.fromkeys(("invited", "invited-again"), marked("A question from a neighbour")),
    **dict.fromkeys(("agreed", "moment-changed", "cancelled"), marked("What you agreed")),
    **dict.fromkeys(("how-was-it", "thanked"), marked("Afterwards")),
    **dict.fromkeys(("gathering-invited", "gathering-changed", "gathering-cancelled"), marked("Gatherings")),
    **dict.fromkeys(("circle-asked", "circle-agreed"), marked("Your circle")),
    **dict.fromkeys(("referral-consent", "referral-ended"), marked("Referrals")),
    **dict.fromkeys(("introduced", "welcome"), marked("Meeting people")),
    **dict.fromkeys(("mandate-given", "mandate-held"), marked("Mandates")),
    "new-link": marked("A link to your page"),
}
_HOW_SAID = {"online": marked("on this page"), **desk.ANSWER_HOW, "spoken": marked("in a talk")}
_MAIL_STAGES = {
    "waiting": marked("It waits to be sent"), "sent": marked("Sent"), "by-worker": marked("Told by the worker"),
    "dead": marked("It could not be sent"), "refused": marked("It could not be sent"), "gathered": marked("Sent"),
    "moot": marked("Not sent: it was over"),
}  # fmt: skip
_TASK_STAGES = {
    "open": marked("Still to be told"), "done": marked("Told"), "undone": marked("Not told in time"),
    "moot": marked("Not sent: it was over"),
}  # fmt: skip
_FIELDS: dict[Any, str] = {
    **choices.CONSENT_FIELDS, "address": marked("your address"), "question": marked("what you would like"),
}  # fmt: skip
_PARTS: dict[Any, str] = {
    "talent": marked("What you like to do for others"),
    "wish": marked("What you would enjoy"),
    **choices.PARTS,
}
_SAYS: Mapping[str, Mapping[Any, str]] = {
    "status": desk.STATUS, "reach_by": choices.REACHED, "reached_by": choices.REACHED, "way": choices.REACHED,
    "by": choices.REACHED, "on_word_of": choices.ON_WORD_OF, "purpose": choices.PURPOSES, "how": _HOW_SAID,
    "consented": choices.RECORDED, "often": choices.OFTEN, "why": desk.WHY, "reasons": desk.MATCH,
    "through": desk.THROUGH, "answer": {key: said[0] for key, said in choices.HOW_IT_WAS.items()},
    "urgency": desk.URGENCY, "cause": desk.CAUSE, "step": desk.DUTY_STEP, "about": desk.NOTE_ABOUT, "part": _PARTS,
    "same_by": desk.SAME, "mails": {key: said[0] for key, said in choices.MAIL_GROUPS.items()},
    "fields": _FIELDS, "filled": _FIELDS, "state": desk.REFERRAL_STATE,
}  # fmt: skip
_OPENS: dict[Any, str] = {
    "invitation": marked("A question from a neighbour"), "proposal": marked("What you asked or offered"),
    "exchange": marked("What you asked or offered"), "gathering": marked("Gatherings"), "circle": marked("Your circle"),
    "referral": marked("Referrals"), "page": marked("Your page"), "unsubscribe": marked("Mails you do without"),
}  # fmt: skip
_SAYS_OF: Mapping[tuple[str, str], Mapping[Any, str]] = {
    ("exchange", "stage"): choices.STAGES, ("invitation", "stage"): choices.INVITATION_STAGES,
    ("gathering", "stage"): choices.GATHERING_STAGES, ("signal", "stage"): desk.SIGNAL_STAGE,
    ("mail", "stage"): _MAIL_STAGES, ("task", "stage"): _TASK_STAGES, ("mail", "kind"): _MAILS,
    ("task", "kind"): _MAILS, ("signal", "outcome"): desk.OUTCOME, ("signal_step", "outcome"): desk.OUTCOME,
    ("referral", "outcome"): desk.REFERRAL_OUTCOME, ("referral_step", "outcome"): desk.REFERRAL_OUTCOME,
    ("referral", "reason"): desk.REFERRAL_REASON, ("referral_step", "reason"): desk.REFERRAL_REASON,
    ("referral_step", "what"): desk.REFERRAL_STEP, ("signal_step", "what"): desk.SIGNAL_STEP,
    ("link", "purpose"): _OPENS,
    ("reading", "what"): {"notes": marked("notes"), "details": marked("details of your referral")},
}  # fmt: skip
"""What a value is called, by the kind of thing and the name of the fact."""
_ONE = frozenset({"participant", "merged_entry"})
"""What each service has its own copy of: said once."""
_BY_LINK = frozenset({"link", "page_session"})
_SIGNAL_KINDS = frozenset({"signal", "referral", "signal_step"})

GROUPS: tuple[tuple[str, frozenset[str]], ...] = (
    (marked("Who you are and what you like"), frozenset({
        "participant", "enjoyment", "never_kind", "does_without", "failing_address", "merged_entry", "possible_double",
    })),
    (marked("People around you"), frozenset({"tie", "circle", "acquaintance", "visit", "mandate"})),
    (marked("What you asked, offered and did together"), frozenset({
        "exchange", "invitation", "agreement", "experience", "thanks", "deviation",
    })),
    (marked("Gatherings"), frozenset({"gathering", "guest", "series"})),
    (marked("What workers follow up with you"), frozenset({
        "signal", "signal_step", "note", "mediation", "referral", "referral_step", "referral_details", "digest_item",
    })),
    (marked("Who may see what, and who looked"), frozenset({
        "consent", "consents", "referral_consent", "fetch", "reading",
    })),
    (marked("What we wrote to you"), frozenset({"mail", "task", "link", "page_session"})),
)  # fmt: skip
"""Under which heading each kind of thing stands; what stands under none comes last."""


@dataclass
class Names:
    """What people, workers, places and organisations are called, by their ids."""

    known: Mapping[str, str] = field(default_factory=dict)

    def of(self, id_: str) -> str:
        return self.known.get(id_.removeprefix("worker:").removeprefix("participant:"), "")


@dataclass(frozen=True)
class Thing:
    """One thing that is held: its facts, each with what it is called."""

    facts: tuple[tuple[str, str], ...]


def grouped(items: Collection[Mapping[str, Any]], names: Names, speech: Speech) -> list[tuple[str, Any]]:
    """Headings, each with its kinds of things, each with its things; empty ones are left out."""
    found: dict[str, dict[str, list[Thing]]] = {heading: {} for heading, _ in GROUPS}
    for item in items:
        kind = str(item["kind"])
        heading = next((heading for heading, kinds in GROUPS if kind in kinds), GROUPS[0][0])
        thing = Thing(tuple(_facts(kind, item["data"], names, speech)))
        things = found[heading].setdefault(kind, [])
        if kind in _ONE and things:
            things[0] = Thing(tuple(dict.fromkeys((*things[0].facts, *thing.facts))))
        elif thing.facts and thing not in things:
            things.append(thing)
    return [
        (speech.say(heading), [(_title(kind, speech), things) for kind, things in kinds.items() if things])
        for heading, kinds in found.items() if any(kinds.values())
    ]  # fmt: skip


def ids_in(items: Collection[Mapping[str, Any]]) -> set[str]:
    """Of whom and what names are wanted."""
    return {id_ for item in items for key, value in _flat(item["data"]) if key in NAMED | ACTORS
            for id_ in (value if isinstance(value, list) else [value]) if isinstance(id_, str)}  # fmt: skip


def _title(kind: str, speech: Speech) -> str:
    return speech.say(choices.HELD.get(kind, choices.HELD["participant"]))


def _flat(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, Mapping) and key not in ("happens", "quiet_hours"):
            yield from _flat(value)
        else:
            yield key, value


def _facts(kind: str, data: Mapping[str, Any], names: Names, speech: Speech) -> Iterator[tuple[str, str]]:
    """In the order of the labels: who it is first, how it stands then."""
    order = {key: number for number, key in enumerate(LABELS)}
    for key, value in sorted(_flat(data), key=lambda fact: order.get(fact[0], len(order))):
        if kind in _BY_LINK and key == "holder_id":
            continue
        if value in (None, "", []) or key in LEFT_OUT or (key.endswith(("_id", "_ids")) and key not in NAMED):
            continue
        said = _said(kind, key, value, names, speech)
        if said:
            yield speech.say(LABELS.get(key, marked("Something else"))), said


def _said(kind: str, key: str, value: Any, names: Names, speech: Speech) -> str:
    """A value as one reads it."""
    if isinstance(value, list):
        return ", ".join(filter(None, (_said(kind, key, each, names, speech) for each in value)))
    if isinstance(value, bool):
        return speech.say("yes") if value else speech.say("no")
    if key == "cell":
        return speech.say("an area of some hundred metres")
    if isinstance(value, Mapping):
        return _of_parts(key, value, speech)
    if isinstance(value, (int, float)):
        return speech.number(value)
    text = str(value)
    if key in ACTORS and (":" in text or text in desk.OTHERS):
        return names.of(text) or speech.say(desk.OTHERS.get(text.partition(":")[0], marked("someone")))
    if key in NAMED:
        return names.of(text)
    if key == "languages":
        return choices.LANGUAGE_NAMES.get(text, text)
    if key == "availability":
        day, _, part = text.partition("-")
        return f"{speech.weekday(day)} {_part(part, speech)}" if part in choices.PARTS else text
    if (said := _SAYS_OF.get((kind, key), _SAYS.get(key, {})).get(text)) is not None:
        return speech.say(said).format_map(_Worker(speech))
    if (kind, key) in (("mail", "kind"), ("task", "kind")):
        return speech.say("What you asked or offered")
    if key in ("kind", "asked"):
        return speech.signal_label(text) if kind in _SIGNAL_KINDS else speech.label(text)
    moment = _moment(text, speech)
    return text if key in OWN_WORDS or (kind, key) == ("deviation", "reason") else moment if moment != text else ""


def _part(part: DayPart, speech: Speech) -> str:
    return inside(speech.say(choices.PARTS[part]), speech.language)


class _Worker(dict[str, str]):
    """Who it was stands beside it: `{worker}` in a step is a worker."""

    def __init__(self, speech: Speech) -> None:
        super().__init__(worker=speech.say("a worker"))


def _of_parts(key: str, value: Mapping[str, Any], speech: Speech) -> str:
    """A moment of several parts, a stretch of the day, or something that one enjoys."""
    if key in ("talents", "wishes"):
        return f"{speech.colon} ".join(filter(None, (speech.label(value.get("kind")), value.get("words"))))
    if key == "quiet_hours":
        return " – ".join(hour(speech, time.fromisoformat(str(each))) for each in value.values())
    shown = [
        speech.weekday(str(each)) if name == "weekday"
        else _part(each, speech) if name == "part" and each in choices.PARTS
        else _moment(str(each), speech)
        for name in ("weekday", "day", "part", "at") if (each := value.get(name))
    ]  # fmt: skip
    return " ".join(shown)


def _moment(text: str, speech: Speech) -> str:
    """A day or moment as people write it; anything else as it is."""
    if len(text) < 10 or text[4:5] != "-":
        return text[:5] if len(text) == 8 and text[2:3] == text[5:6] == ":" else text
    try:
        if len(text) == 10:
            return speech.day(date.fromisoformat(text), year=True)
        at = datetime.fromisoformat(text)
        return f"{speech.day(at, year=True)}, {speech.time(at)}"
    except ValueError:
        return text
