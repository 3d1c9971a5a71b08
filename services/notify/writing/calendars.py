"""Calendar files (RFC 5545, RFC 5546): what was agreed, and gatherings. One UID for all that is said of one moment."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress

from services.notify.writing import text
from services.notify.writing.data import (
    AboutAgreement,
    AboutMeeting,
    Agreed,
    Attachment,
    Cancelled,
    GatheringCancelled,
    GatheringChanged,
    GatheringInvited,
    Mail,
    Meeting,
    MomentChanged,
    Reader,
)
from services.notify.writing.language import Speech

LASTS = timedelta(hours=1)
"""How long what two neighbours agreed on stands in a calendar; how long it takes, nobody has to say."""
_MAKER = "-//Weefsel//notify//EN"


def of(mail: Mail, reader: Reader, speech: Speech) -> tuple[Attachment, ...]:
    """The calendar file that goes with a mail, where there is a moment to keep."""
    if isinstance(mail, Agreed | MomentChanged):
        return _agreement(mail, reader, speech, cancelled=False)
    if isinstance(mail, Cancelled):
        return () if mail.then == "with-others" else _agreement(mail, reader, speech, cancelled=True)
    if isinstance(mail, GatheringInvited | GatheringChanged | GatheringCancelled):
        return _gathering(mail, reader, speech, cancelled=isinstance(mail, GatheringCancelled))
    return ()


def gathering(meeting: Meeting, zone: ZoneInfo, now: datetime) -> bytes:
    """A gathering to put in one's calendar, as a page offers it."""
    return _written(_meeting(meeting, zone), "PUBLISH", now, zone)


def agreement(mail: AboutAgreement, speech: Speech, now: datetime) -> bytes:
    """What two have agreed, to put in one's calendar, as a page offers it."""
    return _written(_agreed(mail, speech, speech.zone), "PUBLISH", now, speech.zone)


def _agreement(mail: AboutAgreement, reader: Reader, speech: Speech, *, cancelled: bool) -> tuple[Attachment, ...]:
    """A moment or a day that both agreed on. Nobody has to answer it again: the agreement is the answer.

    What was moved to no day yet stands in no calendar any more.
    """
    if mail.thing.when.at is None and mail.thing.when.day is None:
        if not isinstance(mail, MomentChanged):
            return ()
        cancelled = True
    method = "CANCEL" if cancelled else "REQUEST" if reader.sender and reader.email else "PUBLISH"
    return (_file(_agreed(mail, speech, reader.zone), method, reader, invites=True),)


def _agreed(mail: AboutAgreement, speech: Speech, zone: ZoneInfo) -> Event:
    when, event = mail.thing.when, Event()
    if when.at is not None:
        event.add("dtstart", when.at.astimezone(zone))
        event.add("dtend", (when.at + LASTS).astimezone(zone))
    elif when.day is not None:
        event.add("dtstart", when.day)
        event.add("dtend", when.day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    what = speech.label(mail.thing.kind) or speech.say("Something small, together")
    names = speech.several([text.name(each.name) for each in mail.others])
    summary = speech.say("{what}, with {names}", what=what, names=names) if names else what
    told = [mail.thing.words or "", speech.when(when) if when.part else ""]
    told += [", ".join(filter(None, (text.name(each.name), each.phone, each.email))) for each in mail.others]
    event.add("uid", f"exchange-{mail.exchange_id}@weefsel")
    event.add("sequence", mail.version)
    event.add("summary", _plain(summary))
    event.add("description", "\n".join(_plain(each) for each in (*told, _where(speech)) if each))
    return event


def _gathering(mail: AboutMeeting, reader: Reader, speech: Speech, *, cancelled: bool) -> tuple[Attachment, ...]:
    """A gathering is there for whoever likes: it is put in a calendar by who wants it there."""
    event = _meeting(mail.meeting, reader.zone)
    event.add("description", _plain(_where(speech)))
    return (_file(event, "CANCEL" if cancelled else "PUBLISH", reader),)


def _meeting(meeting: Meeting, zone: ZoneInfo) -> Event:
    event = Event()
    event.add("uid", f"gathering-{meeting.gathering_id}@weefsel")
    event.add("sequence", meeting.version)
    event.add("dtstart", meeting.starts_at.astimezone(zone))
    event.add("dtend", meeting.ends_at.astimezone(zone))
    event.add("summary", _plain(meeting.title))
    event.add("location", _plain(meeting.place))
    return event


def _file(event: Event, method: str, reader: Reader, *, invites: bool = False) -> Attachment:
    if reader.sender:
        organizer = vCalAddress(f"mailto:{reader.sender}")
        organizer.params["CN"] = _plain(reader.worker.name if reader.worker else reader.neighbourhood)
        event.add("organizer", organizer)
    if invites and reader.email:
        attendee = vCalAddress(f"mailto:{reader.email}")
        attendee.params.update({"CN": _plain(text.name(reader.name)), "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"})
        event.add("attendee", attendee)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    return Attachment("weefsel.ics", "text/calendar", method, _written(event, method, reader.now, reader.zone))


def _written(event: Event, method: str, now: datetime, zone: ZoneInfo) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", _MAKER)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    event.add("dtstamp", now)
    calendar.add_component(event)
    written, start = bytes(calendar.to_ical()), event.get("dtstart")
    if start is not None and isinstance(start.dt, datetime):
        written = written.replace(b"BEGIN:VEVENT", _clock(zone, start.dt.year) + b"BEGIN:VEVENT", 1)
    return written


@cache
def _clock(zone: ZoneInfo, year: int) -> bytes:
    """The VTIMEZONE of that year and the next: making one takes longer than all the rest."""
    return bytes(Timezone.from_tzinfo(zone, first_date=date(year, 1, 1), last_date=date(year + 2, 1, 1)).to_ical())


def _where(speech: Speech) -> str:
    """Where it is changed. No link: who is sent somebody's calendar entry can do nothing in their name."""
    return speech.say("Something to change? Open the link in our mail.")


def _plain(words: str) -> str:
    """Without what sets names apart, which not every calendar knows; CN has no place for quotation marks."""
    return text.plain(text.one_line(words)).replace('"', "'")
