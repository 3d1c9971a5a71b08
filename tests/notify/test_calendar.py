"""Calendar files, read again as a calendar would."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event

from services.notify.writing import data
from services.notify.writing.calendars import gathering
from services.notify.writing.compose import compose
from services.notify.writing.data import Attachment, Mail, Reader
from services.notify.writing.samples import COFFEE, EXCHANGE, HEDGE, HEDGE_AT, JOS, LINK, NOW, YUSUF, ZONE, reader
from shared.contracts.exchange import When
from shared.policy import load

POLICY = load()


def attached(mail: Mail, **more: object) -> Attachment:
    (found,) = compose(mail, replace(reader(POLICY), **more)).attachments  # type: ignore[arg-type]
    return found


def event(mail: Mail, **more: object) -> Event:
    return read(attached(mail, **more).content)[1]


def read(content: bytes) -> tuple[Calendar, Event]:
    calendar = Calendar.from_ical(content)
    (found,) = calendar.walk("VEVENT")
    assert isinstance(found, Event)
    return calendar, found


def agreed(**more: object) -> data.Agreed:
    return replace(data.Agreed(url=LINK, exchange_id=EXCHANGE, version=4, thing=HEDGE_AT, others=(JOS,)), **more)  # type: ignore[arg-type]


def test_what_both_agreed_on_comes_with_a_calendar_file() -> None:
    made = attached(agreed())
    calendar, found = read(made.content)
    assert (made.type, made.method, made.name) == ("text/calendar", "REQUEST", "weefsel.ics")
    assert (calendar["method"], calendar["version"]) == ("REQUEST", "2.0")
    assert found.start == datetime(2026, 5, 12, 12, 0, tzinfo=UTC)
    assert found.end - found.start == timedelta(hours=1)
    assert found["summary"] == "in de tuin werken, met Jos Peeters"
    assert "0470 12 34 56" in found["description"]


def test_nobody_has_to_answer_again_what_they_agreed_to() -> None:
    found = event(agreed())
    assert found["attendee"].params["PARTSTAT"] == "ACCEPTED"
    assert found["attendee"].params["RSVP"] == "FALSE"
    assert found["organizer"] == "mailto:buurt@weefsel.example"


def test_a_change_and_a_cancellation_are_of_the_same_event_and_come_after() -> None:
    moved = replace(HEDGE_AT, when=When(at=datetime(2026, 5, 13, 10, 30, tzinfo=ZONE)))
    later = NOW + timedelta(hours=2)
    first = event(agreed())
    second = event(data.MomentChanged(url=LINK, exchange_id=EXCHANGE, version=5, thing=moved, others=(JOS,)), now=later)
    third = event(data.Cancelled(url=LINK, exchange_id=EXCHANGE, version=6, thing=moved), now=later)
    assert first["uid"] == second["uid"] == third["uid"]
    assert [each["sequence"] for each in (first, second, third)] == [4, 5, 6]
    assert second.start == datetime(2026, 5, 13, 8, 30, tzinfo=UTC)
    assert (third["status"], first["status"]) == ("CANCELLED", "CONFIRMED")
    assert second["dtstamp"].dt > first["dtstamp"].dt
    made = attached(data.Cancelled(url=LINK, exchange_id=EXCHANGE, version=6, thing=moved))
    assert (made.method, read(made.content)[0]["method"]) == ("CANCEL", "CANCEL")


def test_a_cancellation_tells_no_name_that_was_not_agreed_on() -> None:
    assert "Jos" not in str(event(data.Cancelled(url=LINK, exchange_id=EXCHANGE, version=6, thing=HEDGE_AT)))


def test_what_goes_on_with_the_others_stays_in_the_calendar() -> None:
    mail = data.Cancelled(url=LINK, exchange_id=EXCHANGE, version=6, thing=HEDGE_AT, then="with-others")
    assert compose(mail, reader(POLICY)).attachments == ()


def test_a_day_stands_there_as_a_day() -> None:
    found = event(agreed(thing=replace(HEDGE_AT, when=When(day=date(2026, 5, 16), part="afternoon"))))
    assert (found.start, found.end) == (date(2026, 5, 16), date(2026, 5, 17))
    assert "in de namiddag" in found["description"]


def test_no_calendar_entry_holds_a_link_that_acts() -> None:
    made = [attached(agreed()), attached(data.GatheringChanged(url=LINK, meeting=COFFEE))]
    assert all(b"/l/" not in each.content.replace(b"\r\n ", b"") for each in made)
    assert "Open de link in onze mail" in read(made[0].content)[1]["description"]


def test_what_moves_to_no_day_yet_leaves_the_calendar() -> None:
    moved = data.MomentChanged(url=LINK, exchange_id=EXCHANGE, version=7, thing=HEDGE, others=(JOS,))
    made = attached(moved)
    calendar, found = read(made.content)
    assert (made.method, calendar["method"], found["status"]) == ("CANCEL", "CANCEL", "CANCELLED")
    assert (found["uid"], found["sequence"]) == (event(agreed())["uid"], 7)
    assert "Er is nog geen nieuwe dag" in compose(moved, reader(POLICY)).text


@pytest.mark.parametrize("when", [When(), When(weekday="tuesday"), When(part="morning")])
def test_what_has_no_day_yet_has_no_calendar_file(when: When) -> None:
    assert compose(agreed(thing=replace(HEDGE, when=when)), reader(POLICY)).attachments == ()


def test_a_gathering_is_put_in_a_calendar_by_who_wants_it_there() -> None:
    made = attached(data.GatheringInvited(url=LINK, meeting=COFFEE))
    _, found = read(made.content)
    assert made.method == "PUBLISH"
    assert "attendee" not in found
    assert (found["summary"], found["location"]) == ("Koffie en taart in het buurthuis", "Buurthuis, Weverstraat 12")
    assert b"/l/" not in made.content, "who is sent the entry by another can't act in their name"


def test_a_gathering_that_changes_and_one_that_is_cancelled_keep_their_uid() -> None:
    changed = replace(COFFEE, version=2, place="De tuin")
    first = event(data.GatheringInvited(url=LINK, meeting=COFFEE))
    second = event(data.GatheringChanged(url=LINK, meeting=changed))
    third = attached(data.GatheringCancelled(url=LINK, meeting=replace(changed, version=3)))
    assert first["uid"] == second["uid"] == read(third.content)[1]["uid"]
    assert [first["sequence"], second["sequence"], read(third.content)[1]["sequence"]] == [1, 2, 3]
    assert third.method == "CANCEL"
    assert read(gathering(COFFEE, ZONE, NOW))[1]["uid"] == first["uid"]


@pytest.mark.parametrize("zone", ["Europe/Brussels", "Europe/Lisbon", "America/New_York", "Asia/Kolkata"])
def test_an_hour_is_that_of_the_neighbourhood_with_its_clock_beside_it(zone: str) -> None:
    clock = ZoneInfo(zone)
    for month in (1, 7):
        meeting = replace(
            COFFEE,
            starts_at=datetime(2026, month, 10, 14, tzinfo=clock),
            ends_at=datetime(2026, month, 10, 16, tzinfo=clock),
        )
        made = attached(data.GatheringInvited(url=LINK, meeting=meeting), zone=clock)
        calendar, found = read(made.content)
        assert f"DTSTART;TZID={zone}:2026{month:02}10T140000".encode() in made.content
        assert found.start == meeting.starts_at
        (told,) = calendar.walk("VTIMEZONE")
        assert told["tzid"] == zone
        offset = told.to_tz().utcoffset(datetime(2026, month, 10, 14))  # type: ignore[attr-defined]
        assert offset == datetime(2026, month, 10, 14, tzinfo=clock).utcoffset()


def test_there_is_no_alarm() -> None:
    assert b"VALARM" not in attached(agreed()).content


def test_lines_are_short_and_end_as_the_standard_says() -> None:
    long = replace(HEDGE_AT, words="é" * 280)
    content = attached(agreed(thing=long, others=(JOS, YUSUF))).content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "nasty", ["Jos\r\nATTENDEE:mailto:evil@example.org", 'Jos"; X=1', "a;b,c\\d", "\u2068Jos\u2069"]
)
def test_a_name_adds_nothing_to_a_calendar_file(nasty: str) -> None:
    other = data.Neighbour(name=nasty)
    worker = data.Worker(name=nasty)
    found = event(agreed(others=(other,)), name=nasty, worker=worker)
    assert found["attendee"] == "mailto:martine@post.example"
    assert set(found) == {
        "UID", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "ORGANIZER", "ATTENDEE", "STATUS", "DTSTAMP",
    }  # fmt: skip


def test_who_has_no_address_yet_gets_it_to_keep() -> None:
    without: Reader = replace(reader(POLICY), email="", sender="")
    (made,) = compose(agreed(), without).attachments
    assert made.method == "PUBLISH"
