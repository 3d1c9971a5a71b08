"""A mail as it goes over the wire: what a mail program reads of it, whoever's name stands in it."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.sending.message import Envelope, post
from services.notify.writing.data import Attachment, Composed
from shared import clock
from shared.ids import new_id

CALENDAR = Attachment("afspraak.ics", "text/calendar", "REQUEST", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")


def _read(composed: Composed | None = None, **more: Any) -> EmailMessage:
    values: dict[str, Any] = {
        "mail_id": new_id(), "thread": new_id(), "to": "jos@example.org", "to_name": "Jos Peeters",
        "sender": "weefsel@example.org", "sender_name": "Marie Claes", "reply_to": "marie@example.org",
        "sent_at": clock.now(),
    } | more  # fmt: skip
    made = post(Envelope(**values), composed or _composed())
    assert max(len(line) for line in made.content.split(b"\r\n")) < 998
    assert b"\n" not in made.content.replace(b"\r\n", b"")
    message = email.message_from_bytes(made.content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def _composed(**more: Any) -> Composed:
    values: dict[str, Any] = {
        "subject": "Een vraag van een buur", "text": "Dag Jos,\n\nDe haag is te hoog.\n",
        "html": "<p>Dag Jos, de haag is te hoog: 🌳</p>", "language": "nl",
    } | more  # fmt: skip
    return Composed(**values)


def test_both_parts_and_the_calendar_file_are_read_as_they_were_written() -> None:
    message = _read(_composed(attachments=(CALENDAR,)))
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text
    assert html
    assert text.get_content().replace("\r\n", "\n") == "Dag Jos,\n\nDe haag is te hoog.\n"
    assert "🌳" in html.get_content()
    (file,) = message.iter_attachments()
    assert (file.get_content_type(), file.get_filename(), file.get_param("method")) == (
        "text/calendar", "afspraak.ics", "REQUEST",
    )  # fmt: skip
    assert "VCALENDAR" in file.get_content()


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=300))
def test_whatever_stands_in_a_name_or_subject_no_header_comes_of_it(name: str, subject: str) -> None:
    try:
        message = _read(_composed(subject=subject), to_name=name, sender_name=name)
    except ValueError:
        return  # put aside for an operator: nothing was sent
    assert set(message.keys()) == {
        "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
        "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert [each.addr_spec for each in message["To"].addresses] == ["jos@example.org"]
    assert [each.addr_spec for each in message["From"].addresses] == ["weefsel@example.org"]


HIDDEN = [
    "=?utf-8?q?Jos=0D=0ABcc=3A_x=40y.z?=",
    "=?utf-8?q?Jos=0ABcc:_x@y.z?=",
    "=?utf-8?b?Sm9zDQpCY2M6IHhAeS56?= Peeters",
    "=?utf-8?q?Jos=C3=A9=0D=0A=0D=0A<b>Dag?=",
    "=\u200b?utf-8?q?Jos=0D=0ABcc:_x@y.z?=",
]


@pytest.mark.parametrize("to", ["jos@example.org", "josé@example.org"])
@pytest.mark.parametrize("text", HIDDEN)
def test_what_looks_like_a_coded_word_in_a_name_or_subject_is_shown_as_it_is_and_breaks_no_line(
    text: str, to: str
) -> None:  # fmt: skip
    made = post(Envelope(
        mail_id=new_id(), thread=new_id(), to=to, to_name=text, sender="weefsel@example.org", sender_name=text,
        reply_to=None, sent_at=clock.now(),
    ), _composed(subject=f"Van {text} voor jou"))  # fmt: skip
    head = made.content.partition(b"MIME-Version")[0]
    assert b"Content-Language" in head, "no header ends the head before it is over"
    begun = [line.split(b":")[0].lower() for line in head.replace(b"\r\n", b"\n").split(b"\n") if line[:1] != b" "]
    assert len(begun) == len(set(begun))
    assert not {b"bcc", b"<b>dag"} & set(begun)
    assert b"\n" not in made.content.replace(b"\r\n", b"")


@pytest.mark.parametrize("name", ["Jos\r\nBcc: x@y.z", "Jos\nX: 1", "J\x0bo\x0cs", "\u2028Jos", "N" * 5000])
def test_a_name_with_line_breaks_or_without_end_stays_one_short_line(name: str) -> None:
    message = _read(to_name=name)
    assert message["Bcc"] is None
    assert len(message["To"].addresses[0].display_name) <= 62


def test_the_mails_of_one_matter_stand_together_for_each_who_gets_them() -> None:
    thread = new_id()
    one, two, other = _read(thread=thread), _read(thread=thread), _read(thread=thread, to="an@example.org")
    assert one["References"] == two["References"] != other["References"]
    assert one["Message-ID"] != two["Message-ID"]


def test_the_same_mail_sent_once_more_is_the_same_to_a_mail_program() -> None:
    mail_id = new_id()
    assert _read(mail_id=mail_id)["Message-ID"] == _read(mail_id=mail_id)["Message-ID"]


def test_a_domain_in_other_letters_is_written_as_every_server_knows_it() -> None:
    made = post(
        Envelope(new_id(), new_id(), "jos@bücher.example", "Jos", "weefsel@example.org", "", None, clock.now()),
        _composed(),
    )  # fmt: skip
    assert (made.to, made.needs_utf8) == ("jos@xn--bcher-kva.example", False)
