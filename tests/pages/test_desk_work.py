"""What a worker does at the desk, done by the services: signals, referrals, neighbours, gatherings, her own hours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from services.notify.pages.desk import exchanges
from shared import clock
from shared.contracts.exchange import (
    Introduce,
    ListAcquaintances,
    ListGatherings,
    ListInvitations,
    PlanGathering,
    ShowExchange,
    ShowInvitation,
)
from shared.contracts.notify import ShowWorkerPreferences
from shared.contracts.profiles import (
    AskIntoCircle,
    ListFetches,
    ListMandates,
    ListParticipants,
    ListVisits,
    ShowCircle,
    ShowWorker,
)
from shared.contracts.signals import ListReadings, ListSignals, ReadNotes, ShowReferral, ShowSignal
from tests.conftest import MakeStack
from tests.handling import PLACE
from tests.pages.office import CLEANING, Office, opened
from tests.pages.visitor import Shown, Visitor
from tests.waiting import eventually


@pytest.fixture(scope="module")
async def office(module_stack: MakeStack) -> AsyncIterator[Office]:
    async with opened(module_stack) as made:
        yield made


@pytest.fixture
async def desk(office: Office) -> Visitor:
    return await office.at_the_desk()


def form_of(shown: Shown) -> dict[str, Any]:
    """The form that a page asks: it goes to the page itself."""
    return shown.form(action=urlsplit(shown.response.url).path)


async def says(visitor: Visitor, path: str, *words: str) -> Shown:
    """A page, on which these words stand."""
    shown = await visitor.see(path)
    assert shown.status == 200, shown.text
    for each in words:
        assert each in shown.text, f"{each!r} is not in {shown.text}"
    return shown


async def pressed(visitor: Visitor, shown: Shown, action: str, **fields: str) -> Shown:
    """A button that does this, with these fields."""
    for form in shown.forms:
        there = {name: values[0] for name, values in form["fields"].items() if values}
        if form["action"] == f"/desk/do/{action}" and fields.items() <= there.items():
            return await visitor.send(form)
    raise AssertionError(f"no button does {action} with {fields}")


# --- today


async def test_what_waits_for_the_worker_is_there_with_what_can_be_done(office: Office, desk: Visitor) -> None:
    shown = await says(
        desk,
        "/desk",
        "Godelieve Van Hecke",
        "Ik neem dit op",
        "Eerst kijken, dan pas vragen",
        "woont dichtbij",
        "Martine De Smet vraagt: in de tuin werken",
        "Halve vragen",
        "Misschien eens een koffie met iemand",
        "Aan u overgelaten",
        "Doorverwijzingen zonder antwoord",
        "Budgetbegeleiding",
        "Nieuwe mensen",
        "Een bezoek noteren",
    )
    assert shown.text.index("Signalen voor vandaag") < shown.text.index("Signalen voor deze week")
    assert len(shown.response.body) < 100_000


async def test_a_colleague_sees_nothing_of_what_is_told_to_her_alone(office: Office) -> None:
    lieve = await office.at_the_desk(office.things["lieve"])
    shown = await says(lieve, "/desk")
    assert "Signalen voor vandaag" not in shown.text


async def test_a_neighbourhood_of_which_exchange_has_not_heard_yet_keeps_nothing_of_the_others(office: Office) -> None:
    new = "net-nieuw"
    ellen = await office.colleague_elsewhere(new)
    (here,) = {*(await office.tell(ShowWorker(worker_id=ellen))).neighbourhood_ids} - {new}
    jef = await office.someone("Jef", neighbourhood_id=here)
    await office.opens(jef, half=True, words="Iemand om mee te dammen?")
    sql = "DELETE FROM neighbourhood WHERE neighbourhood_id = $1 RETURNING true"
    await eventually(lambda: office.whole.stack.fetch("exchange", sql, new), what="exchange to know it, and forget it")
    starts = clock.now() + timedelta(days=5)
    where = {"neighbourhood_id": here, "title": "Dammen", "place": "Zaal Elders", "invite": False}
    await office.tell(PlanGathering(starts_at=starts, ends_at=starts + timedelta(hours=2), **where))
    visitor = await office.at_the_desk(ellen)
    await says(visitor, "/desk", "Iemand om mee te dammen?")
    await says(visitor, "/desk/exchanges", "Jef")
    await says(visitor, "/desk/gatherings", "Dammen")
    await says(visitor, "/desk/attention", "Bij wie langsgaan")


async def test_what_runs_in_several_neighbourhoods_is_read_on_where_there_is_more(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanges, "AT_ONCE", 2)
    ellen = await office.colleague_elsewhere("even-verder")
    here, further = (await office.tell(ShowWorker(worker_id=ellen))).neighbourhood_ids
    names = {here: ["Ans", "Bob", "Cas", "Dis", "Els"], further: ["Fons"]}
    for place, people in names.items():
        for each in people:
            await office.opens(await office.someone(each, neighbourhood_id=place), half=True)
    shown = await says(await office.at_the_desk(ellen), "/desk/exchanges", *names[here], *names[further])
    assert shown.text.count("Openen : Fons") == 1


# --- signals


async def test_a_signal_is_raised_taken_noted_and_closed(office: Office, desk: Visitor) -> None:
    fatima = office.people["fatima"]
    form = (await says(desk, f"/desk/signals/raise?participant={fatima}", "Fatima El Amrani")).form("kind")
    raised = await desk.send(form, kind="loneliness", urgency="watch", on_word_of="participant", note="Mist haar zus.")
    assert "Het signaal is gemeld" in raised.text
    assert "Mist haar zus" not in raised.text, "a note is shown only to who asks for it"
    (signal,) = (await office.tell(ListSignals(participant_id=fatima))).signals
    here = f"/desk/signals/{signal.signal_id}"

    await pressed(desk, await desk.see(here), "take-signal")
    assert (await office.tell(ShowSignal(signal_id=signal.signal_id))).worker_id == office.worker_id

    read = await desk.send((await desk.see(here)).form("read"), what="read")
    assert "Mist haar zus." in read.text
    readings = (await office.tell(ListReadings(participant_id=fatima))).readings
    assert [(each.what, each.by) for each in readings] == [("notes", office.worker)]
    await desk.send((await desk.see(here)).form("write"), what="write", note="Zondag samen gebeld.")
    found = await office.tell(ReadNotes(signal_id=signal.signal_id))
    assert [each.note for each in found.notes] == ["Mist haar zus.", "Zondag samen gebeld."]

    closed = await desk.send(form_of(await desk.see(f"{here}/close")), outcome="talk")
    assert "Het signaal is afgesloten." in closed.text
    assert (await office.tell(ShowSignal(signal_id=signal.signal_id))).outcome == "talk"


async def test_keeping_an_eye_asks_for_a_day(office: Office, desk: Visitor) -> None:
    signal = office.things["signal"]
    await pressed(desk, await desk.see(f"/desk/signals/{signal}"), "take-signal")
    form = form_of(await desk.see(f"/desk/signals/{signal}/close"))
    again = await desk.send(form, outcome="keep-an-eye")
    assert again.status == 422
    assert "Vul dit in" in again.text
    assert form_of(again)["fields"]["outcome"] == ["keep-an-eye"], "what was filled in is still there"
    day = (clock.now() + timedelta(days=20)).date()
    await desk.send(form_of(again), outcome="keep-an-eye", look_again_on=str(day))
    assert (await office.tell(ShowSignal(signal_id=signal))).look_again_on == day


async def test_a_colleague_who_is_asked_takes_it_over_right_from_today(office: Office, desk: Visitor) -> None:
    signal = office.things["urgent"]
    await pressed(desk, await desk.see("/desk"), "take-signal", signal_id=str(signal))
    form = (await says(desk, f"/desk/signals/{signal}/offer", "Karim Haddad", "Uw vervanger")).form("worker_id")
    await desk.send(form, worker_id=str(office.things["karim"]))
    karim = await office.at_the_desk(office.things["karim"])
    await pressed(karim, await says(karim, "/desk", "Ik neem het over"), "answer-offer", agreed="true")
    assert (await office.tell(ShowSignal(signal_id=signal))).worker_id == office.things["karim"]


async def test_two_people_are_mediated_between_each_first(office: Office, desk: Visitor) -> None:
    jos, fatima = office.people["jos"], office.people["fatima"]
    form = (await desk.see(f"/desk/signals/raise?participant={jos}")).form("kind")
    await desk.send(form, kind="mediation", urgency="this-week", on_word_of="participant")
    signal = (await office.tell(ListSignals(participant_id=jos))).signals[0].signal_id
    here = f"/desk/signals/{signal}"
    await pressed(desk, await desk.see(here), "take-signal")
    begun = await desk.send((await desk.see(f"{here}/mediate?participant={fatima}")).form("participant_id"))
    assert "De bemiddeling is begonnen" in begun.text
    for each in (jos, fatima):
        await pressed(desk, await desk.see(here), "mediation-talk", participant_id=str(each))
    await pressed(desk, await says(desk, here, "Ik sprak met beiden samen"), "mediation-talk")
    await pressed(desk, await desk.see(here), "mediation-end", agreed="true")
    assert (await office.tell(ShowSignal(signal_id=signal))).mediation.stage == "agreed"


# --- referrals


async def test_somebody_is_referred_with_details_and_consent(office: Office, desk: Visitor) -> None:
    martine = office.people["martine"]
    found = await says(desk, f"/desk/refer/{martine}?words=poetsen", "Poetshulp aan huis")
    assert "Zangvogels" not in found.text
    shown = await says(desk, f"/desk/refer/{martine}/{CLEANING}", "7 euro per uur", "09 222 33 44")
    details = await desk.send(shown.form("kind"), kind="household")
    form = details.form("question")
    assert form["fields"]["name"] == ["Martine De Smet"]
    assert form["fields"]["phone"] == ["+32 470 12 34 56"]
    consent = await desk.send(form, question="Om de twee weken hulp bij het poetsen.")
    form = consent.form("fields")
    given = await desk.send(form, fields=["name", "reach", "question"], how="spoken")
    asked = await pressed(desk, given, "request-referral")
    assert "De dienst kreeg de vraag" in asked.text
    id_ = UUID(
        next(each for each in given.forms if each["action"] == "/desk/do/request-referral")["fields"]["referral_id"][0]
    )
    referral = await office.tell(ShowReferral(referral_id=id_))
    assert referral.state == "requested"
    assert set(referral.consent.fields) == {"name", "reach", "question"}
    assert "poetsen" not in (await desk.see(f"/desk/referrals/{id_}")).text, (
        "what was written down is shown to the service alone"
    )


async def test_nothing_is_asked_of_a_service_before_the_person_has_agreed(office: Office, desk: Visitor) -> None:
    shown = await says(desk, f"/desk/referrals/{office.things['draft']}", "Drie stappen naar de dienst", "Te doen")
    assert not [each for each in shown.forms if each["action"] == "/desk/do/request-referral"]


async def test_a_referral_is_kept_open_or_stopped_with_a_reason(office: Office, desk: Visitor) -> None:
    here = f"/desk/referrals/{office.things['asked']}"
    await desk.send((await desk.see(f"{here}/keep-open")).form("until"))
    stopped = await desk.send(form_of(await desk.see(f"{here}/cancel")), reason="found-another-way")
    assert "De doorverwijzing is stopgezet" in stopped.text
    referral = await office.tell(ShowReferral(referral_id=office.things["asked"]))
    assert (referral.state, referral.reason) == ("cancelled", "found-another-way")
    again = await desk.send((await desk.see(f"{here}/retry")).form("kind"))
    assert "De doorverwijzing wordt voorbereid" in again.text


# --- people


async def test_somebody_is_found_by_name_and_no_address_holds_it(office: Office, desk: Visitor) -> None:
    form = (await desk.see("/desk/people")).form("name")
    found = await desk.send(form, name="godelieve")
    assert "Godelieve Van Hecke" in found.text
    assert "Jos Peeters" not in found.text
    assert "godelieve" not in found.response.url


async def test_a_persons_page_shows_talents_first_and_never_a_count(office: Office, desk: Visitor) -> None:
    text = (
        await says(desk, f"/desk/people/{office.people['martine']}", "soep voor wie langskomt", "nog eens naar zee")
    ).text
    assert text.index("Doet graag voor anderen") < text.index("Zou dit leuk vinden") < text.index("Kring")


async def test_who_sends_a_form_twice_registers_one_person(office: Office, desk: Visitor) -> None:
    form = (await desk.see("/desk/register")).form("name")
    fields: dict[str, Any] = {
        "name": "Aziza Benali", "by": "phone", "phone": "0470 11 22 33", "talents": ["meal"], "wishes_words": "fietsen",
        "visited": "yes",
    }  # fmt: skip
    for _ in range(2):
        registered = await desk.send(form, **fields)
        assert "Welkom! Deze persoon doet nu mee." in registered.text
    found = (await office.tell(ListParticipants(name="Aziza"))).participants
    assert len(found) == 1
    assert (await office.tell(ListVisits(participant_id=found[0].participant_id))).visits
    shown = await office.show(found[0].participant_id)
    assert ([each.kind for each in shown.talents], [each.words for each in shown.wishes]) == (["meal"], ["fietsen"])


async def test_a_form_that_misses_something_says_so_at_the_field(office: Office, desk: Visitor) -> None:
    form = (await desk.see("/desk/register")).form("name")
    again = await desk.send(form, name="", by="phone", phone="")
    assert again.status == 422
    assert 'href="#name"' in again.response.text
    again = await desk.send(again.form("name"), name="Iemand", by="phone", phone="")
    assert 'href="#phone"' in again.response.text


async def test_a_form_of_another_session_does_nothing(office: Office, desk: Visitor) -> None:
    form = (await desk.see(f"/desk/people/{office.people['jos']}/visit")).form("visited_at")
    other = await office.at_the_desk()
    assert (await other.post(form)).status == 403
    assert not (await office.tell(ListVisits(participant_id=office.people["jos"]))).visits


async def test_a_visit_says_who_and_when(office: Office, desk: Visitor) -> None:
    jos = office.people["jos"]
    form = (await desk.see(f"/desk/people/{jos}/visit")).form("visited_at")
    assert "area" not in form["fields"]
    await desk.send(form)
    (visit,) = (await office.tell(ListVisits(participant_id=jos))).visits
    assert visit.worker_id == office.worker_id


async def test_what_someone_enjoys_is_changed_with_their_own_words(office: Office, desk: Visitor) -> None:
    fatima = office.people["fatima"]
    form = (await desk.see(f"/desk/people/{fatima}/enjoys")).form("talents_words")
    await desk.send(
        form, talents=["garden", "music"], talents_words="in de tuin werken: rozen snoeien\nverhalen vertellen",
        availability=["monday-morning"],
    )  # fmt: skip
    shown = await office.show(fatima)
    assert [(each.kind, each.words) for each in shown.talents] == [
        ("garden", "rozen snoeien"), ("music", None), (None, "verhalen vertellen"),
    ]  # fmt: skip
    assert [(each.weekday, each.part) for each in shown.availability] == [("monday", "morning")]


async def test_why_someone_is_out_of_matching_is_a_note_in_signals(office: Office, desk: Visitor) -> None:
    form = (await desk.see("/desk/register")).form("name")
    await desk.send(form, name="Willy Maes", by="letter")
    willy = (await office.tell(ListParticipants(name="Willy"))).participants[0].participant_id
    await office.known("participant", willy)
    path = f"/desk/people/{willy}/out-of-matching"

    async def heard() -> bool:
        shown = await desk.send(
            (await desk.see(path)).form("note"), kind="other", note="Vraagt meer dan buren aankunnen."
        )
        return "Geen vragen tussen buren meer" in shown.text

    await eventually(heard, within=20, what="signals to know the person")
    assert (await office.show(willy)).out_of_matching
    signal = (await office.tell(ListSignals(participant_id=willy))).signals[0]
    (note,) = (await office.tell(ReadNotes(signal_id=signal.signal_id))).notes
    assert (note.about, note.note) == ("out-of-matching", "Vraagt meer dan buren aankunnen.")


async def test_two_people_are_introduced_asked_into_a_circle_and_given_a_mandate(office: Office, desk: Visitor) -> None:
    jos, godelieve = office.people["jos"], office.people["godelieve"]
    for what in ("introduce", "circle"):
        await desk.send((await desk.see(f"/desk/people/{jos}/{what}?participant={godelieve}")).form("participant_id"))
    form = (await desk.see(f"/desk/people/{jos}/mandate?participant={godelieve}")).form("on_word_of")
    await desk.send(form, on_word_of="participant")
    met = (await office.tell(ListAcquaintances(participant_id=jos))).acquaintances
    assert (godelieve, "introduction") in [(each.participant_id, each.through) for each in met]
    assert (await office.tell(ShowCircle(participant_id=jos))).asked[0].participant_id == godelieve
    assert (await office.tell(ListMandates(participant_id=jos))).mandates[0].holder_id == godelieve
    await pressed(
        desk, await says(desk, f"/desk/people/{godelieve}", "Vraagt om in de kring te komen"), "agree-to-circle"
    )
    assert (await office.tell(ShowCircle(participant_id=jos))).members[0].participant_id == godelieve


# --- between neighbours


async def test_a_question_goes_to_a_stranger_only_when_the_worker_sends_it(office: Office, desk: Visitor) -> None:
    held = (await office.tell(ListInvitations(exchange_id=office.things["ask"], stage="held"))).invitations
    send, hold = held[0].invitation_id, held[1].invitation_id
    shown = await desk.see("/desk")
    await pressed(desk, shown, "send-invitation", invitation_id=str(send))
    await pressed(desk, shown, "hold-invitation", invitation_id=str(hold))
    assert (await office.tell(ShowInvitation(invitation_id=send))).stage in ("asked", "waiting")
    assert (await office.tell(ShowInvitation(invitation_id=hold))).stage == "held-back"


async def test_an_answer_by_phone_is_recorded_as_theirs(office: Office, desk: Visitor) -> None:
    jos, invitation = office.people["jos"], office.things["invitation"]
    await says(desk, f"/desk/people/{jos}/answer", "Wie helpt eens met het onkruid?")
    form = form_of(await desk.see(f"/desk/invitations/{invitation}/answer"))
    await desk.send(form, answer="yes", how="phone")
    assert (await office.tell(ShowInvitation(invitation_id=invitation))).stage == "yes"
    exchange = office.things["agreed"]
    form = form_of(await says(desk, f"/desk/exchanges/{exchange}/answer", "Jos Peeters"))
    await desk.send(form, answer="yes", how="door")
    assert (await office.tell(ShowExchange(exchange_id=exchange))).stage == "agreed"
    form = form_of(await desk.see(f"/desk/exchanges/{exchange}/how-it-was"))
    await desk.send(form, participant=str(office.people["martine"]), answer="good", how="phone")
    assert (await office.tell(ShowExchange(exchange_id=exchange))).stage == "done"
    form = (await desk.see(f"/desk/exchanges/{exchange}/thanks")).form("words")
    await desk.send(form, participant=str(office.people["martine"]), words="Merci Jos!", how="phone")


async def test_a_half_question_opens_only_with_how_they_agreed(office: Office, desk: Visitor) -> None:
    here = f"/desk/exchanges/{office.things['half']}"
    again = await desk.send((await desk.see(f"{here}/open")).form("words"), words="Wie drinkt eens een koffie mee?")
    assert again.status == 422
    await desk.send(again.form("words"), words="Wie drinkt eens een koffie mee?", consented="phone")
    assert (await office.tell(ShowExchange(exchange_id=office.things["half"]))).stage in ("open", "inviting")


async def test_a_rule_is_set_aside_with_a_reason_which_is_kept(office: Office, desk: Visitor) -> None:
    here = f"/desk/exchanges/{office.things['care']}"
    form = form_of(await says(desk, f"{here}/deviate", "De reden wordt erbij bewaard"))
    await desk.send(form, reason="Nog twee keer, tot de thuishulp begint.", kind="company")
    found = await office.tell(ShowExchange(exchange_id=office.things["care"]))
    assert [each.reason for each in found.deviations] == ["Nog twee keer, tot de thuishulp begint."]

    async def closed() -> list[Any]:
        signals = (await office.tell(ListSignals(participant_id=office.people["martine"], stage="closed"))).signals
        return [each for each in signals if each.exchange_id == office.things["care"]]

    (limit,) = await eventually(closed, within=20, what="signals to hear of it")
    (note,) = (await office.tell(ReadNotes(signal_id=limit.signal_id))).notes
    assert (note.about, note.note) == ("deviation", "Nog twee keer, tot de thuishulp begint.")
    await says(desk, here, "Nog twee keer, tot de thuishulp begint.")


async def test_an_offer_is_made_for_somebody_with_how_they_agreed(office: Office, desk: Visitor) -> None:
    fatima = office.people["fatima"]
    form = (await desk.see(f"/desk/exchanges/open?participant={fatima}")).form("opening")
    opened_ = await desk.send(
        form,
        opening="offer",
        kind="meal",
        words="Ik maak graag couscous voor wie wil.",
        weekday="friday",
        part="evening",
        consented="spoken",
    )
    assert "Het is op weg" in opened_.text


async def test_a_gathering_is_planned_again_and_again_and_makes_acquaintances(office: Office, desk: Visitor) -> None:
    form = (await desk.see("/desk/gatherings/plan")).form("title")
    starts = clock.now() + timedelta(days=3)
    await desk.send(
        form,
        title="Spelletjesnamiddag",
        place="Buurthuis",
        starts=f"{starts:%Y-%m-%d}",
        starts_time="14:00",
        ends="16:30",
        rhythm="weekly",
        times="3",
        kind="game",
        invite="",
    )
    found = (await office.tell(ListGatherings(neighbourhood_id=PLACE))).gatherings
    games = [each for each in found if each.title == "Spelletjesnamiddag"]
    assert len(games) == 3
    id_ = games[0].gathering_id
    for who in ("jos", "martine"):
        await desk.send(
            (await desk.see(f"/desk/gatherings/{id_}/invite?participant={office.people[who]}")).form("participant_id")
        )
    shown = await says(desk, f"/desk/gatherings/{id_}", "Jos Peeters")
    await pressed(desk, shown, "answer-gathering", participant_id=str(office.people["jos"]))
    form = (await desk.see(f"/desk/gatherings/{id_}/attendance")).form("people")
    assert form["fields"]["people"] == [str(office.people["jos"])]


# --- who has no e-mail


async def test_who_has_no_e_mail_is_rung_and_their_answer_ends_the_task(office: Office, desk: Visitor) -> None:
    godelieve = office.people["godelieve"]
    asked = await office.opens(office.people["martine"], kind="coffee", words="Wie komt eens op de koffie?")
    invitation = await office.invites(asked, godelieve)

    async def to_ring() -> Shown | None:
        shown = await desk.see(f"/desk/people/{godelieve}/tasks")
        return shown if "Wie komt eens op de koffie?" in shown.text else None

    await eventually(to_ring, within=30, what="a call to make")
    rows = await office.whole.stack.fetch("notify", "SELECT task_id FROM task WHERE invitation_id = $1", invitation)
    task = rows[0]["task_id"]
    await says(desk, f"/desk/tasks/{task}", "Wie komt eens op de koffie?", "Het antwoord noteren")
    form = form_of(await desk.see(f"/desk/invitations/{invitation}/answer?task={task}"))
    await desk.send(form, answer="not-now", how="phone")
    rows = await office.whole.stack.fetch("notify", "SELECT stage FROM task WHERE task_id = $1", task)
    assert rows[0]["stage"] == "done"
    paper = await desk.see(f"/desk/tasks/{task}/letter")
    assert "Weverstraat" not in paper.text


async def test_who_is_rung_hears_everything_in_one_go(office: Office, desk: Visitor) -> None:
    annie = await office.someone("Annie Maes", reach={"by": "phone", "phone": "+32 470 11 22 33"})
    asks = ("Wie leest de krant eens voor?", "Wie gaat mee naar de bib?")
    for words in asks:
        await office.invites(await office.opens(office.people["jos"], kind="coffee", words=words), annie)
    here = f"/desk/people/{annie}/tasks"

    async def both() -> Shown | None:
        shown = await desk.see(here)
        return shown if all(each in shown.text for each in asks) else None

    shown = await eventually(both, within=30, what="both on one sheet")
    listed = await desk.see("/desk/tasks")
    assert listed.response.text.count(f'<a href="{here}" dir="auto">Annie Maes</a>') == 1, "a line for each person"
    printed = await desk.see(f"/desk/people/{annie}/letters")
    assert all(each in printed.text for each in asks)
    await desk.send(next(each for each in shown.forms if "task" in each["fields"] and each["action"] == here))
    rows = await office.whole.stack.fetch("notify", "SELECT DISTINCT stage FROM task WHERE participant_id = $1", annie)
    assert [row["stage"] for row in rows] == ["done"]


async def test_a_no_into_a_circle_said_by_phone_ends_the_call_and_is_told_to_nobody(
    office: Office, desk: Visitor
) -> None:
    alma = await office.someone("Alma Nys", reach={"by": "phone", "phone": "+32 470 44 55 66"})
    jos = office.people["jos"]
    await office.tell(AskIntoCircle(participant_id=jos, other_id=alma), actor=f"participant:{jos}")
    here = f"/desk/people/{alma}/tasks"

    async def asked() -> Shown | None:
        shown = await desk.see(here)
        return shown if "decline-circle" in shown.response.text else None

    shown = await eventually(asked, within=30, what="the question on their sheet")
    await desk.send(shown.form(action="/desk/do/decline-circle"))
    sql = "SELECT stage FROM task WHERE participant_id = $1 AND kind = 'circle-asked'"
    assert [row["stage"] for row in await office.whole.stack.fetch("notify", sql, alma)] == ["done"]


async def test_an_answer_is_noted_also_when_it_has_left_nothing_to_tell(office: Office, desk: Visitor) -> None:
    """What the answer set going reached the task before the page did: it is moot by then."""
    irma = await office.someone("Irma Nys", reach={"by": "phone", "phone": "+32 470 44 55 77"})
    jos = office.people["jos"]
    await office.tell(AskIntoCircle(participant_id=jos, other_id=irma), actor=f"participant:{jos}")

    async def asked() -> Shown | None:
        shown = await desk.see(f"/desk/people/{irma}/tasks")
        return shown if "agree-to-circle" in shown.response.text else None

    shown = await eventually(asked, within=30, what="the question on their sheet")
    moot = "UPDATE task SET stage = 'moot' WHERE participant_id = $1 RETURNING task_id"
    assert await office.whole.stack.fetch("notify", moot, irma)
    after = await desk.send(shown.form(action="/desk/do/agree-to-circle"))
    assert after.status == 200, after.text


async def test_a_call_that_a_moment_ago_became_moot_is_done_with_and_nothing_is_wrong(
    office: Office, desk: Visitor
) -> None:
    nora = await office.someone("Nora Wouters", reach={"by": "phone", "phone": "+32 470 44 55 78"})
    await office.tell(Introduce(participant_id=nora, other_id=office.people["jos"]))
    sql = "SELECT task_id FROM task WHERE participant_id = $1"
    ((task_id,),) = await eventually(lambda: office.whole.stack.fetch("notify", sql, nora), within=30, what="a task")
    alone = await desk.see(f"/desk/tasks/{task_id}")
    sheet = await desk.see(f"/desk/people/{nora}/tasks")
    await office.whole.stack.fetch("notify", "UPDATE task SET stage = 'moot' WHERE task_id = $1", task_id)
    for after in (await pressed(desk, alone, "do-task"), await desk.send(sheet.form("task"))):
        assert after.status == 200, after.text
        assert "Intussen was er niets meer te vertellen: dit is afgehandeld." in after.text


async def test_an_address_is_asked_only_when_the_letter_is_to_be_printed(office: Office, desk: Visitor) -> None:
    roger = await office.someone("Roger Claes", reach={"by": "letter"}, address="Bevrijdingslaan 7, 9000 Gent")
    asked = await office.opens(office.people["martine"], kind="coffee", words="Wie speelt een partijtje kaart?")
    invitation = await office.invites(asked, roger)

    async def task() -> Any:
        rows = await office.whole.stack.fetch("notify", "SELECT task_id FROM task WHERE invitation_id = $1", invitation)
        return rows[0]["task_id"] if rows else None

    here = f"/desk/tasks/{await eventually(task, within=30, what='a letter to bring')}/letter"
    shown = await says(desk, here, "Wie speelt een partijtje kaart?")
    assert "Bevrijdingslaan" not in shown.text
    assert not (await office.tell(ListFetches(participant_id=roger))).fetches
    printed = await desk.send(next(each for each in shown.forms if each["action"] == here))
    assert "Bevrijdingslaan 7" in printed.text
    assert printed.text.count("Roger Claes") == 2, "above the address, and in the greeting"
    assert [each.by for each in (await office.tell(ListFetches(participant_id=roger))).fetches] == [office.worker]
    done = await desk.send(printed.form("task"))
    assert "Het is genoteerd dat u het deed." in done.text
    sql = "SELECT stage FROM task WHERE invitation_id = $1"
    assert [row["stage"] for row in await office.whole.stack.fetch("notify", sql, invitation)] == ["done"]


async def test_without_a_letter_to_bring_no_address_is_asked(office: Office, desk: Visitor) -> None:
    """Such as when a colleague brought it in the meantime: nothing is written down of a letter that there is not."""
    reach = {"by": "phone", "phone": "+32 470 44 55 88"}
    omer = await office.someone("Omer Claes", reach=reach, address="Bevrijdingslaan 9, 9000 Gent")
    here = f"/desk/people/{omer}/letters"
    shown = await desk.see("/desk/people")
    form = {**shown.forms[0], "action": here}
    assert "Bevrijdingslaan" not in (await desk.send(form)).text
    assert not (await office.tell(ListFetches(participant_id=omer))).fetches


# --- her own things


async def test_hours_absence_and_mail_are_the_workers_own(office: Office, desk: Visitor) -> None:
    form = (await desk.see("/desk/me/hours")).form("monday_1_from")
    again = await desk.send(form, monday_1_from="09:00", monday_1_until="08:00")
    assert again.status == 422
    await desk.send(
        form, monday_1_from="09:00", monday_1_until="12:30", tuesday_1_from="13:00", tuesday_1_until="17:00"
    )
    day = clock.now() + timedelta(days=40)
    form = (await desk.see("/desk/me/away")).form("begins")
    await desk.send(form, begins=f"{day:%Y-%m-%d}", ends=f"{day + timedelta(days=7):%Y-%m-%d}")
    form = (await desk.see("/desk/me/mail")).form("digest")
    await desk.send(form, digest="weekly", digest_at="07:30", language="fr")
    worker = await office.tell(ShowWorker(worker_id=office.worker_id))
    assert [each.weekday for each in worker.hours] == ["monday", "tuesday"]
    assert (len(worker.absences), worker.language) == (1, "fr")
    chosen = await office.tell(ShowWorkerPreferences(worker_id=office.worker_id))
    assert (chosen.digest, f"{chosen.digest_at:%H:%M}") == ("weekly", "07:30")
    await desk.send((await desk.see("/desk/me/hours")).form("monday_1_from"), **dict.fromkeys(form_of_hours(), ""))
    await desk.send((await desk.see("/desk/me/mail")).form("digest"), digest="daily", digest_at="08:30", language="nl")


def form_of_hours() -> list[str]:
    days = ("monday", "tuesday")
    return [f"{day}_{number}_{end}" for day in days for number in (1, 2) for end in ("from", "until")]


# --- what is not there


@pytest.mark.parametrize(
    "path", ["/desk/signals/{0}", "/desk/people/{0}", "/desk/referrals/{0}", "/desk/tasks/{0}", "/desk/nowhere"]
)
async def test_what_is_not_there_is_said_kindly(office: Office, desk: Visitor, path: str) -> None:
    shown = await desk.see(path.format("019a5e00-0000-7000-8000-000000000000"))
    assert shown.status == 404
    assert "Hier is niets" in shown.text or "er niet" in shown.text


async def test_without_a_session_there_is_no_desk(office: Office) -> None:
    assert (await office.visitor().see("/desk")).status == 401
    neighbour = office.visitor()
    door = await neighbour.see(await office.link("page", participant=office.people["jos"]))
    await neighbour.send(door.form("form"))
    assert (await neighbour.see("/desk")).status == 401
