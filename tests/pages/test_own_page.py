"""One's own page: what someone changes, gives, takes back, and takes along, on real services."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from uuid import UUID

import pytest

from services.notify.pages.neighbour import holding
from shared import clock
from shared.contracts.exchange import Introduce, ListExchanges, ShowExchange, ShowGathering
from shared.contracts.notify import ShowPreferences
from shared.contracts.profiles import EndMandate, GiveConsent, GiveMandate, ListConsents, ShowCircle
from tests.architecture.sources import ROOT
from tests.handling import ORGANISATION
from tests.pages.street import Street
from tests.pages.visitor import Visitor
from tests.waiting import eventually


async def _at_home(street: Street, who: UUID) -> Visitor:
    visitor = street.visitor()
    shown = await visitor.see(await street.link("page", participant=who))
    assert (await visitor.send(shown.forms[0])).status == 200
    return visitor


async def _acquainted(street: Street, one: UUID, other: UUID) -> None:
    async def met() -> bool:
        answer = await street.whole.client.ask(Introduce(participant_id=one, other_id=other), actor=street.worker)
        return answer.status == "accepted"

    await eventually(met, within=20, what="exchange to know both")


async def test_an_ask_begins_on_ones_own_page(street: Street) -> None:
    who = await street.someone("Martine")
    visitor = await _at_home(street, who)
    await street.opens(who)  # from here on exchange knows them
    form = (await visitor.see("/mine/ask")).form("kind")
    shown = await visitor.send(
        form, kind="meal", words="Wie eet er mee?", **{"when-day": "3/6/2100", "when-time": "18u30"}
    )
    assert shown.status == 422
    assert shown.form("kind")["fields"]["words"] == ["Wie eet er mee?"]
    day = (clock.now() + timedelta(days=4)).date()
    shown = await visitor.send(
        form, kind="meal", words="Wie eet er mee?", **{"when-day": f"{day}", "when-time": "18u30"}
    )
    assert shown.status == 200, shown.text
    found = await street.whole.client.get(ListExchanges(participant_id=who), actor=f"participant:{who}")
    assert found.exchanges[0].words == "Wie eet er mee?"
    assert found.exchanges[0].when.at is not None


async def test_a_half_question_is_opened_by_the_person(street: Street) -> None:
    who = await street.someone("Martine")
    exchange = await street.opens(who, half=True)
    visitor = await _at_home(street, who)
    page = await visitor.see(f"/mine/exchange/{exchange}")
    assert "alleen de praktijkwerker" in page.text
    await visitor.send(page.form("open"))
    found = await street.whole.client.get(ShowExchange(exchange_id=exchange), actor=f"participant:{who}")
    assert found.stage != "draft"


async def test_talents_and_wishes_are_changed_row_by_row(street: Street) -> None:
    who = await street.someone("Martine", talents=[{"kind": "garden"}], wishes=[{"words": "naar zee"}])
    visitor = await _at_home(street, who)
    form = (await visitor.see("/mine/likes")).form("talents-0-kind")
    await visitor.send(
        form,
        **{"talents-0-kind": "", "talents-1-kind": "meal", "talents-1-words": "soep", "wishes-1-words": "een spel"},
    )
    someone = await street.show(who)
    assert [(each.kind, each.words) for each in someone.talents] == [("meal", "soep")]
    assert [(each.kind, each.words) for each in someone.wishes] == [(None, "naar zee"), (None, "een spel")]


async def test_when_and_how_often_is_theirs_to_say_and_to_clear(street: Street) -> None:
    who = await street.someone("Martine")
    visitor = await _at_home(street, who)
    form = (await visitor.see("/mine/when")).form("ceiling")
    await visitor.send(
        form, free=["tuesday-morning", "friday-evening"], ceiling="0", **{"quiet-from": "21:00", "quiet-until": "8u"}
    )
    someone = await street.show(who)
    assert [(each.weekday, each.part) for each in someone.availability] == [
        ("tuesday", "morning"),
        ("friday", "evening"),
    ]
    assert someone.ceiling == 0
    assert f"{someone.quiet_hours.end:%H:%M}" == "08:00"
    form = (await visitor.see("/mine/when")).form("ceiling")
    await visitor.send(form, free=[], ceiling="", **{"quiet-from": "", "quiet-until": ""})
    someone = await street.show(who)
    assert (someone.availability, someone.ceiling, someone.quiet_hours) == ([], None, None)


async def test_how_they_are_reached_is_changed_with_a_sentence_at_the_field(street: Street) -> None:
    who = await street.someone("Martine")
    visitor = await _at_home(street, who)
    form = (await visitor.see("/mine/reach")).form("name")
    shown = await visitor.send(form, email="geen adres")
    assert shown.status == 422
    assert "Dit is geen e-mailadres" in shown.text
    await visitor.send(form, by="phone", phone="0470 99 88 77", language="fr", languages=["nl", "ar"])
    someone = await street.show(who)
    assert (someone.reach.by, someone.reach.phone) == ("phone", "0470 99 88 77")
    assert someone.languages == ["fr", "nl", "ar"]


async def test_pausing_leaving_and_coming_back_take_a_button_each(street: Street) -> None:
    who = await street.someone("Martine")
    visitor = await _at_home(street, who)
    await visitor.send((await visitor.see("/mine/pause")).form("until"))
    assert (await street.show(who)).status == "paused"
    await visitor.send((await visitor.see("/mine/pause")).form("resume"))
    assert (await street.show(who)).status == "active"
    form = (await visitor.see("/mine/leave")).forms[0]
    unsure = await visitor.send(form)
    assert (unsure.status, (await street.show(who)).status) == (422, "active")
    await visitor.send(form, sure="sure")
    assert (await street.show(who)).status == "left"
    await visitor.send((await visitor.see("/mine/leave")).form("return"))
    assert (await street.show(who)).status == "active"


async def test_a_circle_is_asked_agreed_and_left_without_telling(street: Street) -> None:
    martine, jos = await street.someone("Martine"), await street.someone("Jos")
    await _acquainted(street, martine, jos)
    hers = await _at_home(street, martine)
    await hers.send((await hers.see("/mine/circle")).form("ask"), other=str(jos))
    his = await street.visitor().see(await street.link("circle", participant=jos, matter=martine))
    assert "Martine" in his.text
    visitor = street.visitor()
    path = await street.link("circle", participant=jos, matter=martine)
    await visitor.send((await visitor.see(path)).form("answer"), answer="yes")
    circle = await street.whole.client.get(ShowCircle(participant_id=martine), actor=f"participant:{martine}")
    assert [each.name for each in circle.members] == ["Jos"]
    await hers.send((await hers.see("/mine/circle")).form("step-out"))
    circle = await street.whole.client.get(ShowCircle(participant_id=martine), actor=f"participant:{martine}")
    assert circle.members == []


async def test_who_holds_a_mandate_acts_for_someone_and_it_says_so(street: Street) -> None:
    godelieve, an = await street.someone("Godelieve"), await street.someone("An")
    stranger = await street.someone("Vreemde")
    await street.whole.client.get(
        GiveMandate(participant_id=godelieve, holder_id=an, on_word_of="participant"), actor=f"participant:{godelieve}"
    )
    visitor = await _at_home(street, an)

    async def offered() -> bool:
        return "Godelieve" in (await visitor.see("/mine/for")).text

    await eventually(offered, within=20, what="notify to know the mandate")
    form = (await visitor.see("/mine/for")).form("who")
    await visitor.send(form, who=str(stranger))
    assert "U doet dit voor" not in (await visitor.see("/mine")).text
    shown = await visitor.send((await visitor.see("/mine/for")).form("who"), who=str(godelieve))
    assert "U doet dit voor Godelieve" in shown.text
    await visitor.send((await visitor.see("/mine/pause")).form("until"))
    assert (await street.show(godelieve)).status == "paused"
    assert (await street.show(an)).status == "active"


async def test_a_form_shown_for_someone_is_never_taken_for_who_holds_their_mandate(street: Street) -> None:
    """Not after they went on for themselves in another tab, nor when the mandate ended: then nothing is theirs."""
    godelieve, an = await street.someone("Godelieve"), await street.someone("An")
    given = await street.whole.client.get(
        GiveMandate(participant_id=godelieve, holder_id=an, on_word_of="participant"), actor=f"participant:{godelieve}"
    )
    visitor = street.visitor()
    path = await street.link("page", participant=an, acts_for=godelieve)

    async def opens(status: int) -> bool:
        return (await visitor.ask("GET", path)).status == status

    await eventually(lambda: opens(200), within=20, what="notify to know the mandate")
    assert "U doet dit voor Godelieve" in (await visitor.send((await visitor.see(path)).forms[0])).text
    leave = (await visitor.see("/mine/leave")).form(action="/mine/leave")
    await visitor.send((await visitor.see("/mine/for")).form("who"), who="")
    assert (await visitor.post(leave, sure="sure")).status == 403
    await visitor.send((await visitor.see("/mine/for")).form("who"), who=str(godelieve))
    leave = (await visitor.see("/mine/leave")).form(action="/mine/leave")
    await street.whole.client.get(
        EndMandate(participant_id=godelieve, mandate_id=given.mandate_id), actor=f"participant:{godelieve}"
    )
    await eventually(lambda: opens(404), within=20, what="notify to know that it ended")
    assert (await visitor.post(leave, sure="sure")).status == 403
    assert "Godelieve" not in (await visitor.see("/mine")).text
    assert {(await street.show(each)).status for each in (an, godelieve)} == {"active"}


async def test_a_consent_is_withdrawn(street: Street) -> None:
    who = await street.someone("Martine")
    await street.whole.client.get(
        GiveConsent(
            participant_id=who, purpose="newsletter", fields=["name"], organisation_id=ORGANISATION, how="spoken",
            until=clock.now() + timedelta(days=90),
        ),
        actor=street.worker,
    )  # fmt: skip
    visitor = await _at_home(street, who)
    await visitor.send((await visitor.see("/mine/consents")).form("withdraw"))
    found = await street.whole.client.get(ListConsents(participant_id=who), actor=f"participant:{who}")
    assert [each.ending for each in found.consents] == ["withdrawn"]


async def test_all_that_is_held_is_read_and_taken_along(street: Street) -> None:
    """From every service that runs; the file holds what the page shows."""
    who = await street.someone("Martine De Smet", wishes=[{"words": "nog eens naar zee"}])
    await street.opens(who)
    visitor = await _at_home(street, who)
    shown = await visitor.see("/mine/held")
    assert "nog eens naar zee" in shown.text
    answer = await visitor.ask("GET", "/mine/held.json")
    held = json.loads(answer.body)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert sorted(held["services"]) == ["exchange", "notify", "profiles"]
    assert "nog eens naar zee" in answer.text
    assert "De haag is te hoog" in answer.text


async def test_a_gathering_is_planned_and_answered(street: Street) -> None:
    martine, jos = await street.someone("Martine"), await street.someone("Jos")
    await street.opens(martine)
    await street.opens(jos)
    host = await _at_home(street, martine)
    day = (clock.now() + timedelta(days=6)).date()
    shown = await host.send(
        (await host.see("/mine/plan")).form("title"), title="Koffie", place="Buurthuis", day=f"{day:%d/%m/%Y}",
        starts="14u", ends="16u30",
    )  # fmt: skip
    assert shown.status == 200, shown.text
    id_ = UUID(shown.form("cancel")["action"].rsplit("/", 1)[1])
    guest = street.visitor()
    path = await street.link("gathering", participant=jos, matter=id_)
    await guest.send((await guest.see(path)).form("bringing"), answer="yes", bringing="een taart")
    assert "een taart" in (await host.see(f"/mine/gathering/{id_}")).text
    await guest.send((await guest.see(path)).form("bringing"), answer="no")
    found = await street.whole.client.get(ShowGathering(gathering_id=id_), actor=f"participant:{jos}")
    assert [each.coming for each in found.guests] == [False]


async def test_a_mail_program_ends_a_kind_of_mail_by_itself(street: Street) -> None:
    """RFC 8058: a POST without cookies or a form; a GET of the same address only asks."""
    who = await street.someone("Martine")
    path = await street.link("unsubscribe", participant=who, detail="gatherings")
    assert path.startswith("/u/")
    visitor = street.visitor()

    async def without() -> list[str]:
        kept = await street.whole.client.get(ShowPreferences(participant_id=who), actor=f"participant:{who}")
        return list(kept.without)

    await visitor.see(path)
    assert await without() == []
    for _ in range(2):
        answer = await visitor.ask("POST", path, b"List-Unsubscribe=One-Click")
        assert answer.status in (200, 303)
    assert await without() == ["gatherings"]
    form = (await visitor.see(path)).forms[0]
    assert (await visitor.send(form)).status == 200
    home = await _at_home(street, who)
    await home.send((await home.see("/mine/mail")).form("wanted"), wanted=["gatherings", "steps"])
    assert await without() == ["afterwards", "circle", "invitations"]


async def test_a_button_of_a_mail_program_does_nothing_with_another_link(street: Street) -> None:
    who, asks = await street.someone("Jos"), await street.someone("Martine")
    invitation = await street.invites(await street.opens(asks), who)
    path = await street.link("invitation", participant=who, matter=invitation)
    await street.visitor().ask("POST", path.replace("/l/", "/u/"), b"List-Unsubscribe=One-Click&answer=yes")
    assert [each.stage for each in await street.invitations(who)] == ["asked"]


async def test_while_a_service_is_away_nothing_is_lost(street: Street) -> None:
    """A page that sends the same form again; the rest of one's own page still shows."""
    who = await street.someone("Martine")
    visitor = await _at_home(street, who)
    form = (await visitor.see("/mine/ask")).form("kind")
    exchange = street.whole.stack.databases["exchange"]
    await _shut(street, exchange, shut=True)
    try:
        shown = await visitor.send(form, kind="meal", words="Wie eet er mee?")
        assert shown.status == 503
        again = shown.form("form")
        assert again["fields"]["words"] == ["Wie eet er mee?"]
        assert "Dag Martine" in (await visitor.see("/mine")).text
    finally:
        await _shut(street, exchange, shut=False)

    async def through() -> bool:
        return (await visitor.send(again)).status == 200

    await eventually(through, within=30, what="exchange to be back")
    found = await street.whole.client.get(ListExchanges(participant_id=who), actor=f"participant:{who}")
    assert [each.words for each in found.exchanges] == ["Wie eet er mee?"]


async def _shut(street: Street, database: str, *, shut: bool) -> None:
    """Nobody gets into a service's database, as in an outage."""
    await street.whole.stack.execute("notify", f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS {not shut}')
    if shut:
        await street.whole.stack.execute(
            "notify", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        )


@pytest.mark.parametrize("language", ["nl", "fr", "de"])
async def test_what_is_held_is_said_in_the_readers_language(street: Street, language: str) -> None:
    """No name of a column, no id, no moment as machines write it."""
    who = await street.someone("Martine De Smet", wishes=[{"words": "nog eens naar zee"}])
    jos = await street.someone("Jos")
    await street.invites(await street.opens(who), jos)
    await street.invites(await street.opens(jos, kind="meal"), who)
    visitor = await _at_home(street, who)
    shown = await visitor.see(f"/mine/held?lang={language}")
    words = shown.text[shown.text.index("(") :]
    machine = r"[a-z]+_[a-z]+|[0-9a-f]{8}-[0-9a-f]{4}|\d{4}-\d\d-\d\d|\d\dT\d\d|None|True|False"
    assert not re.search(machine, words), words
    english = r"\b(email|languages|status|words|neighbourhood|Something else|active|asked|exchange|looking|meal|ask)\b"
    assert not re.search(english, words), words


def test_every_fact_that_a_service_holds_of_someone_has_a_name_or_is_left_out() -> None:
    """Each column of what goes in a copy: what is added there is named here."""
    held = {
        "profiles": "participant mandate consent tie visit fetch_log possible_double",
        "exchange": "participant merged_entry enjoyment circle consents exchange deviation invitation agreement"
        " experience thanks never_kind acquaintance series gathering guest",
        "signals": "participant merged_entry signal signal_step note mediation reading referral referral_step"
        " referral_consent referral_details",
        "notify": "participant merged_entry does_without failing_address mail task digest_item link page_session",
    }
    unnamed = []
    for service, tables in held.items():
        schema = (ROOT / "services" / service / "schema.sql").read_text()
        for table in tables.split():
            found = re.search(rf"CREATE TABLE public\.{table} \((.*?)\n\);", schema, re.DOTALL)
            assert found, f"{service} has no table {table}"
            columns = re.findall(r'^    "?([a-z_]+)"? ', found[1], re.MULTILINE)
            unnamed += [
                f"{service}.{table}.{each}" for each in columns
                if each not in holding.LABELS and each not in holding.LEFT_OUT
                and (each in holding.NAMED or not each.endswith(("_id", "_ids")))
            ]  # fmt: skip
    assert not unnamed
