"""What the desk shows, from what the services answered: pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.notify.pages.desk import words
from services.notify.pages.desk.acting import ACTIONS, safe
from services.notify.pages.desk.at import Words
from services.notify.pages.desk.forms import Field, Form, Option
from services.notify.pages.desk.gatherings import repeats
from services.notify.pages.desk.views import exchanges, people, referrals, signals, today
from services.notify.pages.desk.views.parts import Do, Go, Names
from services.notify.pages.trouble import Mistake, Mistakes
from services.notify.writing.language import Speech
from shared.contracts import exchange as exchange_contracts
from shared.contracts import notify as notify_contracts
from shared.contracts import profiles as profiles_contracts
from shared.contracts import signals as signals_contracts
from shared.contracts.exchange import Attention, ExchangeSummary, Invitation, When
from shared.contracts.notify import Task
from shared.contracts.profiles import Circle, CircleMember, Enjoyment, ParticipantDetails, ParticipantSummary, Visit
from shared.contracts.signals import Referral, ReferralSummary, SignalSummary
from shared.policy import load

NOW = datetime(2026, 5, 12, 10, tzinfo=UTC)
ME, KARIM = UUID(int=1), UUID(int=2)
MARTINE, JOS = UUID(int=11), UUID(int=12)
SAY = Words(Speech.of("nl", load(), ZoneInfo("Europe/Brussels")))
NAMES = Names(
    {MARTINE: "Martine De Smet", JOS: "Jos Peeters"}, {ME: "Marie Claes", KARIM: "Karim Haddad"},
    {"brugse-poort": "Brugse Poort"}, "niemand", "iemand",
)  # fmt: skip
AT = today.At(ME, NOW, 14, SAY, NAMES)


def a_signal(**more: Any) -> SignalSummary:
    values: dict[str, Any] = {
        "signal_id": UUID(int=21), "version": 1, "participant_id": MARTINE, "neighbourhood_id": "brugse-poort",
        "kind": "household", "urgency": "this-week", "cause": "noticed", "stage": "open", "worker_id": None,
        "told_id": ME, "step": "worker", "offered_to": None, "look_again_on": None, "outcome": None,
        "exchange_id": None, "referral_id": None, "raised_at": NOW,
    }  # fmt: skip
    return SignalSummary.model_validate(values | more)


def a_referral(contract: type[Any] = ReferralSummary, **more: Any) -> Any:
    values: dict[str, Any] = {
        "referral_id": UUID(int=31),
        "version": 1,
        "participant_id": MARTINE,
        "neighbourhood_id": "brugse-poort",
        "service_id": "poetshulp",
        "service_name": "Poetshulp",
        "organisation_name": "Het Steunpunt",
        "kind": "household",
        "state": "requested",
        "reason": None,
        "outcome": None,
        "worker_id": ME,
        "decide_by": NOW + timedelta(days=3),
        "drafted_at": NOW,
        "requested_at": NOW,
        "answered_at": None,
        "ended_at": None,
    }
    return contract.model_validate(values | more)


def whole(**more: Any) -> Referral:
    values: dict[str, Any] = {
        "signal_id": None,
        "previous_id": None,
        "follows_as": None,
        "following_ids": [],
        "seen_at": None,
        "by_partner": False,
        "consent": None,
        "has_details": [],
        "steps": [],
    }
    found: Referral = a_referral(Referral, **(values | more))
    return found


def an_exchange(**more: Any) -> ExchangeSummary:
    values: dict[str, Any] = {
        "exchange_id": UUID(int=41),
        "neighbourhood_id": "brugse-poort",
        "opening": "ask",
        "participant_id": MARTINE,
        "kind": "garden",
        "words": "Wie snoeit mee?",
        "when": When(),
        "stage": "draft",
        "half": False,
        "by_system": False,
        "why": None,
        "drafted_at": NOW,
    }
    return ExchangeSummary.model_validate(values | more)


def an_invitation(**more: Any) -> Invitation:
    values: dict[str, Any] = {
        "invitation_id": UUID(int=51),
        "exchange_id": UUID(int=41),
        "neighbourhood_id": "brugse-poort",
        "participant_id": JOS,
        "worker_id": ME,
        "own": False,
        "opening": "ask",
        "kind": "garden",
        "words": "Wie snoeit mee?",
        "when": When(),
        "often": "once",
        "minutes_on_foot": 10,
        "pleasure": None,
        "stage": "held",
        "again": False,
        "asked_at": None,
        "answer_by": None,
        "reasons": ["enjoys-it", "likes-a-turn"],
    }
    return Invitation.model_validate(values | more)


def labels(doing: Any) -> list[str]:
    return [each.label for each in doing]


# --- signals


def test_what_nobody_has_yet_can_be_taken_at_once() -> None:
    item = signals.line(a_signal(), NAMES, SAY, ME)
    assert item.title == "Martine De Smet"
    assert labels(item.doing) == ["Ik neem dit op", "Bekijken"]
    assert item.doing[0] == Do(
        "Ik neem dit op", "take-signal", {"signal_id": str(UUID(int=21))}, True, "Martine De Smet"
    )


def test_what_a_colleague_asks_is_answered_at_once() -> None:
    asked = a_signal(stage="taken", worker_id=KARIM, offered_to=ME)
    assert labels(signals.line(asked, NAMES, SAY, ME).doing) == ["Ik neem het over", "Deze keer niet", "Bekijken"]
    assert "Karim Haddad heeft het, en vraagt Marie Claes" in signals.standing(asked, NAMES, SAY)


@pytest.mark.parametrize("stage", ["open", "taken", "snoozed", "closed", "merged"])
def test_where_a_signal_stands_is_always_a_sentence(stage: Any) -> None:
    found = a_signal(stage=stage, worker_id=ME, look_again_on=NOW.date(), outcome="talk")
    assert len(signals.standing(found, NAMES, SAY)) > 5


# --- referrals


def test_the_service_is_asked_only_with_consent_and_all_that_it_names() -> None:
    consent = {
        "consent_id": UUID(int=61), "fields": ["name", "question"], "until": NOW + timedelta(days=60), "how": "spoken",
        "on_word_of": "participant", "recorded_by": f"worker:{ME}", "given_at": NOW, "ended_at": None, "ending": None,
    }  # fmt: skip
    ready = whole(state="draft", consent=consent, has_details=["name", "question"])
    for found, can in (
        (ready, True),
        (whole(state="draft", consent=consent, has_details=["name"]), False),
        (whole(state="draft", has_details=["name", "question"]), False),
        (whole(state="draft", consent=consent | {"ended_at": NOW}, has_details=["name", "question"]), False),
    ):
        first, _ = referrals.actions(found, SAY, NOW)
        assert (labels(first) == ["Het nu aan de dienst vragen"]) is can


def test_what_had_no_answer_in_time_is_decided_right_there() -> None:
    late = a_referral(decide_by=NOW - timedelta(hours=1))
    item = referrals.line(late, NAMES, SAY, NOW)
    assert labels(item.doing) == ["Open houden", "Stopzetten"]
    assert "zeg of het open blijft" in " ".join(item.lines)


@pytest.mark.parametrize("state", [*words.REFERRAL_STATE])
def test_each_state_of_a_referral_has_what_can_be_done(state: Any) -> None:
    first, rest = referrals.actions(whole(state=state), SAY, NOW)
    assert all(each.label for each in first + rest)
    if state == "entered-in-error":
        assert not first + rest


# --- people


def test_talents_stand_in_their_own_words() -> None:
    found = [
        Enjoyment(kind="meal", words="soep voor wie langskomt"),
        Enjoyment(kind="garden"),
        Enjoyment(words="zingen"),
    ]
    assert people.enjoyments(found, SAY) == [
        "koken of samen eten: soep voor wie langskomt",
        "in de tuin werken",
        "zingen",
    ]


def test_nothing_on_a_persons_page_counts_what_anyone_did() -> None:
    """Names, words and days: no number that could be compared."""
    person = ParticipantDetails(
        participant_id=MARTINE, version=3, name="Martine De Smet", neighbourhood_id="brugse-poort", ceiling=4,
        status="active", talents=[], wishes=[],
    )  # fmt: skip
    circle = Circle(members=[CircleMember(participant_id=JOS, name="Jos Peeters", since=NOW)], asked_by=[], asked=[])
    visits = [Visit(visit_id=UUID(int=n), worker_id=ME, visited_at=NOW) for n in range(9)]
    shown = [each.title for each in people.circle(circle, MARTINE, SAY)]
    shown += [f"{each.term} {each.text}" for each in people.about(person, NAMES, "", SAY)]
    shown += [label for _, group in people.actions(person, SAY) for label in labels(group)]
    assert len(people.visits(visits, NAMES, SAY)) == 5, "the last few, and nothing says how many there were"
    assert not [each for each in shown if re.search(r"\d", each)]


def test_who_left_can_come_back_and_nothing_else() -> None:
    gone = ParticipantDetails(participant_id=MARTINE, version=3, status="left")
    assert [labels(group) for _, group in people.actions(gone, SAY)] == [["Doet weer mee"]]


# --- between neighbours


def test_a_question_to_a_stranger_shows_who_asks_and_why_without_a_number() -> None:
    item = exchanges.held(an_invitation(), NAMES, SAY, MARTINE)
    assert item.title == "Jos Peeters"
    assert item.lines[0].startswith("Martine De Smet vraagt: in de tuin werken")
    assert not re.search(r"\d", item.lines[1]), "a reason has no number in it"
    assert labels(item.doing)[:3] == ["Versturen", "Niet vragen", "Iemand anders vragen"]


def test_what_is_with_the_worker_leads_to_a_service_or_past_the_rule() -> None:
    from shared.contracts.exchange import Exchange

    found = Exchange.model_validate(
        an_exchange(stage="handed-over", why="not-small").model_dump()
        | {"version": 2, "often": "once", "people": 1, "ended_at": None, "others": [], "how_it_was": None, "thanks": [],
           "deviations": []}
    )  # fmt: skip
    first, _ = exchanges.actions(found, SAY)
    assert labels(first) == ["Doorverwijzen naar een dienst", "Toch openen, met een reden"]


# --- today


def test_today_shows_what_waits_least_well_first() -> None:
    found = today.Found(
        signals=[a_signal(urgency="watch"), a_signal(urgency="today"), a_signal(stage="snoozed", urgency="today")],
        referrals=[a_referral(decide_by=NOW - timedelta(hours=1)), a_referral(state="draft"), a_referral()],
        held=[an_invitation()],
        drafts=[
            an_exchange(half=True), an_exchange(), an_exchange(by_system=True), an_exchange(stage="handed-over"),
        ],
        attention=[
            Attention(participant_id=JOS, reason="fell-silent", since=NOW, exchange_id=None),
            Attention(participant_id=JOS, reason="nobody-found", since=NOW, exchange_id=UUID(int=41)),
        ],
        newcomers=[a_newcomer(20), a_newcomer(1)],
        tasks=[a_task()],
    )  # fmt: skip
    sections = today.sections(found, AT)
    assert [each.key for each in sections] == [
        "signals-today", "signals-watch", "invitations", "half", "doubt", "handed-over", "tasks", "decide",
        "referral-drafts", "silent", "newcomers", "wishes", "nobody", "visit",
    ]  # fmt: skip
    assert all(each.doing for section in sections for each in section.items), "what can be done is right there"
    newcomers = next(each for each in sections if each.key == "newcomers")
    assert [each.tags[0].text for each in newcomers.items] == ["Bezoek is te laat", "Nieuwkomer"]


def test_what_is_away_leaves_the_rest() -> None:
    found = today.Found(signals=None, held=[an_invitation()])
    assert found.away
    assert [each.key for each in today.sections(found, AT)] == ["invitations"]
    assert not today.Found().away


def test_of_many_only_some_are_shown_and_the_rest_is_a_page_further() -> None:
    sections = today.sections(today.Found(signals=[a_signal() for _ in range(30)]), AT)
    assert len(sections[0].items) == today.MOST
    assert sections[0].more == Go("Alles bekijken", "/desk/signals", whom="Signalen voor deze week")


def test_whoever_is_to_hear_several_things_is_one_line() -> None:
    several = [a_task(), a_task().model_copy(update={"task_id": UUID(int=72), "do_by": NOW + timedelta(hours=1)})]
    (line,) = today.to_tell(several, AT)
    assert (line.title, line.lines) == ("Jos Peeters", ("Over 2 dingen",))
    assert line.when.endswith(AT.words.day(NOW + timedelta(hours=1))), "when the first of it is to be told"
    assert [each.label for each in line.doing] == ["Bekijken wat te zeggen"]
    assert today.to_tell([a_task()], AT)[0].lines == ()


def a_newcomer(days: int) -> ParticipantSummary:
    return ParticipantSummary(
        participant_id=JOS, name="Jos Peeters", neighbourhood_id="brugse-poort", status="active", paused_until=None,
        out_of_matching=False, registered_at=NOW - timedelta(days=days), visited_at=None,
    )  # fmt: skip


def a_task() -> Task:
    return Task(
        task_id=UUID(int=71),
        neighbourhood_id="brugse-poort",
        participant_id=JOS,
        way="phone",
        kind="invited",
        exchange_id=None,
        invitation_id=None,
        gathering_id=None,
        referral_id=None,
        other_id=None,
        worker_id=ME,
        stage="open",
        given_at=NOW,
        do_by=NOW + timedelta(days=1),
        done_at=None,
        done_by=None,
    )


# --- forms


def test_a_mistake_is_named_at_the_field_that_stands_for_it() -> None:
    form = Form("t", "s", (Field("phone", "Telefoon", about=("reach.phone",)), Field("kind", "Soort", "hidden")))
    assert form.places() == {"phone": "phone", "reach.phone": "phone", "kind": "kind"}
    named = form.naming(
        [Mistake("phone", "missing"), Mistake("kind", "unknown_kind"), Mistake("elsewhere", "too_long")]
    )
    assert [(each.field, label) for each, label in named] == [("phone", "Telefoon"), ("", ""), ("", "")]


def test_what_must_be_filled_in_is_asked_for() -> None:
    form = Form("t", "s", (Field("name", "Naam", required=True), Field("fields", "Velden", "checks", required=True)))
    with pytest.raises(Mistakes) as caught:
        form.check({"name": ["  "]})
    assert [(each.field, each.code) for each in caught.value.mistakes] == [("name", "missing"), ("fields", "missing")]
    form.check({"name": ["x"], "fields": ["y"]})
    assert Field("a", options=[Option("1", "een")]).pairs == [("1", "een")]


@pytest.mark.parametrize(
    ("path", "back"),
    [
        ("/desk", "/desk"), ("/desk/signals/1", "/desk/signals/1"), ("https://elsewhere.example", "/desk"),
        ("//elsewhere.example/desk/", "/desk"), ("/deskx", "/desk"), ("/desk/\\elsewhere", "/desk"),
        ("/desk/\r\nX: y", "/desk"), ("", "/desk"),
    ],
)  # fmt: skip
def test_a_button_goes_back_within_the_desk(path: str, back: str) -> None:
    assert safe(path) == back


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("URGENCY", signals_contracts.Urgency), ("CAUSE", signals_contracts.SignalCause),
        ("SIGNAL_STAGE", signals_contracts.SignalStage), ("OUTCOME", signals_contracts.SignalOutcome),
        ("SIGNAL_STEP", signals_contracts.SignalStep.model_fields["what"].annotation),
        ("MEDIATION_STAGE", signals_contracts.MediationStage), ("NOTE_ABOUT", signals_contracts.NoteAbout),
        ("REFERRAL_STATE", signals_contracts.ReferralState), ("REFERRAL_REASON", signals_contracts.ReferralReason),
        ("REFERRAL_OUTCOME", signals_contracts.ReferralOutcome), ("REFERRAL_FIELD", signals_contracts.ReferralField),
        ("REFERRAL_STEP", signals_contracts.ReferralStep.model_fields["what"].annotation),
        ("CAPACITY", signals_contracts.Capacity), ("OPENING", exchange_contracts.Opening),
        ("STAGE", exchange_contracts.Stage), ("WHY", exchange_contracts.Why), ("OFTEN", exchange_contracts.Often),
        ("INVITATION_STAGE", exchange_contracts.InvitationStage), ("MATCH", exchange_contracts.MatchReason),
        ("INVITATION_ANSWER", exchange_contracts.InvitationAnswer), ("THROUGH", exchange_contracts.Through),
        ("ATTENTION", exchange_contracts.AttentionReason), ("PROPOSAL_ANSWER", exchange_contracts.ProposalAnswer),
        ("HOW_IT_WAS", exchange_contracts.HowItWas), ("GATHERING_STAGE", exchange_contracts.GatheringStage),
        ("WAY", profiles_contracts.Way), ("ON_WORD_OF", profiles_contracts.OnWordOf),
        ("ON_WHOSE_WORD", profiles_contracts.OnWordOf), ("RECORDED", profiles_contracts.Recorded),
        ("DUTY_STEP", profiles_contracts.Step), ("TASK_WAY", notify_contracts.TaskWay),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
def test_whatever_a_contract_can_say_the_desk_has_words_for(table: str, values: Any) -> None:
    said = getattr(words, table)
    assert not set(get_args(values)) - set(said)
    assert all(SAY(each, worker="Marie") for each in said.values())


def test_every_button_says_that_it_is_done() -> None:
    assert set(ACTIONS) <= set(words.SAID)


@pytest.mark.parametrize(
    ("rhythm", "rule"),
    [
        ("", None), ("weekly", "FREQ=WEEKLY;BYDAY=SA;COUNT=3"),
        ("two-weeks", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA;COUNT=3"),
        ("monthly", "FREQ=MONTHLY;BYDAY=3SA;COUNT=3"),
    ],
)  # fmt: skip
def test_a_rhythm_is_a_rule_on_the_day_of_the_first(rhythm: str, rule: str | None) -> None:
    assert repeats(rhythm, datetime(2026, 5, 16, 14, tzinfo=UTC), 3) == rule
