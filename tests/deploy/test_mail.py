"""The mail catcher: real SMTP in, real HTTP out, whatever the mail looks like."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import smtplib
import stat
import string
import sys
import tomllib
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any

import pytest

from deploy.embedded import mail as package
from deploy.embedded.mail.language import LANGUAGES, preferred
from deploy.embedded.mail.mailbox import Mailbox
from deploy.embedded.mail.pages import application
from deploy.embedded.mail.reading import read
from deploy.embedded.mail.serving import LARGEST, catching
from deploy.embedded.nats import healthy
from deploy.embedded.process import PROJECT, free_port
from shared.messaging.health import serving
from tests.waiting import eventually

PICTURE = b"\x89PNG\r\n\x1a\n picture"
CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass(frozen=True)
class Catcher:
    smtp: int
    http: int
    folder: Path

    async def send(self, *mails: EmailMessage | bytes, to: str = "maria@example.org") -> None:
        await asyncio.to_thread(self._send, mails, to)

    def _send(self, mails: tuple[EmailMessage | bytes, ...], to: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=20) as smtp:
            for mail in mails:
                if isinstance(mail, bytes):
                    smtp.sendmail("weefsel@example.org", [to], mail)
                else:
                    smtp.send_message(mail)

    async def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await asyncio.to_thread(self._ask, path, method, body, named)

    def _ask(self, path: str, method: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http}{path}", method=method, data=body, headers=dict(headers)
        )
        try:
            response = urllib.request.build_opener(_Stay).open(request, timeout=20)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return Answer(response.status, response.headers, response.read())

    async def messages(self, query: str = "") -> list[dict[str, Any]]:
        path = f"/api/v1/search?query={urllib.request.quote(query)}" if query else "/api/v1/messages"
        messages: list[dict[str, Any]] = (await self.ask(path)).json["messages"]
        return messages

    async def latest(self) -> Any:
        return (await self.ask("/api/v1/message/latest")).json


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Catcher]:
    mailbox = Mailbox(folder)
    async with catching(mailbox, 0) as smtp, serving(application(mailbox), "127.0.0.1", 0) as http:
        yield Catcher(smtp, http, folder)


@pytest.fixture
async def catcher(tmp_path: Path) -> AsyncIterator[Catcher]:
    async with running(tmp_path / "mail") as catcher:
        yield catcher


def invitation(subject: str = "Koffie in het buurthuis", to: str = "Maria Peeters <maria@example.org>") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Weefsel <weefsel@example.org>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = "Tue, 24 Nov 2026 09:00:00 +0100"
    mail["Message-ID"] = "<1@example.org>"
    mail.set_content("Dag Maria\n\nZaterdag is er koffie: https://example.org/ja?a=1&b=2\n")
    return mail


def formatted(markup: str = '<p>Dag <b>Maria</b> <img src="cid:logo"></p>') -> EmailMessage:
    mail = invitation()
    mail.add_alternative(markup, subtype="html")
    alternative = mail.get_payload()[1]
    assert isinstance(alternative, EmailMessage)
    alternative.add_related(PICTURE, "image", "png", cid="<logo>")
    mail.add_attachment(CALENDAR, "text", "calendar", filename="koffie één.ics")
    return mail


async def test_a_mail_is_kept_as_it_came_in_and_read_by_its_owner_alone(catcher: Catcher) -> None:
    await catcher.send(invitation())
    (file,) = catcher.folder.iterdir()
    assert file.suffix == ".eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(catcher.folder.stat().st_mode) == 0o700
    assert b"Subject: Koffie in het buurthuis" in file.read_bytes()


async def test_the_newest_comes_first_and_stays_after_a_new_start(catcher: Catcher) -> None:
    await catcher.send(*(invitation(f"Nummer {number}") for number in range(3)))
    async with running(catcher.folder) as again:
        await again.send(invitation("Nummer 3"))
        expected = ["Nummer 3", "Nummer 2", "Nummer 1", "Nummer 0"]
        assert [each["Subject"] for each in await again.messages()] == expected
        page = (await again.ask("/")).text
        assert re.findall(r"Nummer \d", page) == expected


async def test_the_api_answers_as_mailpit_does(catcher: Catcher) -> None:
    await catcher.send(formatted())
    answer = (await catcher.ask("/api/v1/messages")).json
    (summary,) = answer.pop("messages")
    assert answer == {
        "total": 1,
        "unread": 0,
        "count": 1,
        "messages_count": 1,
        "messages_unread": 0,
        "start": 0,
        "tags": [],
    }
    assert summary["From"] == {"Name": "Weefsel", "Address": "weefsel@example.org"}
    assert summary["To"] == [{"Name": "Maria Peeters", "Address": "maria@example.org"}]
    assert summary["Attachments"] == 1
    assert summary["Snippet"].startswith("Dag Maria Zaterdag")

    mail = (await catcher.ask(f"/api/v1/message/{summary['ID']}")).json
    assert mail["MessageID"] == "1@example.org"
    assert mail["Date"] == "2026-11-24T08:00:00+00:00"
    assert "https://example.org/ja?a=1&b=2" in mail["Text"]
    assert "<b>Maria</b>" in mail["HTML"]
    (attachment,), (picture,) = mail["Attachments"], mail["Inline"]
    assert attachment["FileName"] == "koffie één.ics"
    assert attachment["ContentType"] == "text/calendar"
    assert (picture["ContentID"], picture["Size"]) == ("logo", len(PICTURE))
    headers = (await catcher.ask(f"/api/v1/message/{summary['ID']}/headers")).json
    assert headers["Subject"] == ["Koffie in het buurthuis"]
    raw = (await catcher.ask(f"/api/v1/message/{summary['ID']}/raw")).body
    assert raw == next(catcher.folder.iterdir()).read_bytes()


async def test_pages_of_the_api_hold_as_many_as_asked(catcher: Catcher) -> None:
    await catcher.send(*(invitation(f"Nummer {number}") for number in range(5)))
    answer = (await catcher.ask("/api/v1/messages?start=1&limit=2")).json
    assert [each["Subject"] for each in answer["messages"]] == ["Nummer 3", "Nummer 2"]
    assert (answer["total"], answer["count"]) == (5, 2)
    assert (await catcher.ask("/api/v1/messages?start=-1&limit=many")).json["count"] == 5


async def test_more_than_a_page_is_turned(catcher: Catcher) -> None:
    await catcher.send(*(invitation(f"Nummer {number}.") for number in range(51)))
    first, last = (await catcher.ask("/")).text, (await catcher.ask("/?page=2")).text
    assert "Bladzijde 1 van 2" in first
    assert "Nummer 0." not in first
    assert "Nummer 0." in last
    assert (await catcher.ask("/?page=999")).text == last
    assert (await catcher.ask("/?page=-1")).text == first


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("wandeling", ["Wandeling"]),
        ("WANDELING maria", ["Wandeling"]),
        ("zaterdag", ["Wandeling", "Koffie"]),
        ("to:jef", ["Wandeling"]),
        ("to:jef@example.org subject:wandeling", ["Wandeling"]),
        ("subject:zaterdag", []),
        ('"er koffie"', ["Wandeling", "Koffie"]),
        ('"koffie er"', []),
        ("to:", []),
    ],
)
async def test_a_search_finds_every_word_where_it_is_looked_for(catcher: Catcher, query: str, found: list[str]) -> None:
    await catcher.send(invitation("Koffie"), invitation("Wandeling", to="Jef <jef@example.org>"))
    assert [each["Subject"] for each in await catcher.messages(query)] == found
    page = (await catcher.ask(f"/?q={urllib.request.quote(query)}")).text
    assert re.findall(r'href="/message/\d+">(\w+)', page) == found
    assert ("Niets gevonden" in page) is not found or found


async def test_who_stands_in_no_header_is_shown_too(catcher: Catcher) -> None:
    await catcher.send(invitation().as_bytes(), to="verborgen@example.org")
    assert (await catcher.latest())["Bcc"] == [{"Name": "", "Address": "verborgen@example.org"}]
    assert (await catcher.messages("to:verborgen"))[0]["Subject"] == "Koffie in het buurthuis"


async def test_a_mail_is_read_as_html_text_headers_and_source(catcher: Catcher) -> None:
    await catcher.send(formatted())
    address = f"/message/{(await catcher.latest())['ID']}"
    html = (await catcher.ask(address)).text
    assert f'src="{address}/html"' in html
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in html
    assert "koffie één.ics" in html
    text = (await catcher.ask(f"{address}?view=text")).text
    assert '<a href="https://example.org/ja?a=1&amp;b=2" rel="noopener noreferrer"' in text
    assert "<dt>Message-ID</dt>" in (await catcher.ask(f"{address}?view=headers")).text
    assert "Content-Transfer-Encoding" in (await catcher.ask(f"{address}?view=source")).text
    assert (await catcher.ask(f"{address}?view=nonsense")).text == html


async def test_the_html_of_a_mail_runs_no_script_and_fetches_nothing(catcher: Catcher) -> None:
    tracker = (
        '<html><head><title>x</title></head><body><img src="https://example.org/x.gif"><img src="cid:logo"></body>'
    )
    await catcher.send(formatted(tracker))
    address = f"/message/{(await catcher.latest())['ID']}"
    framed = await catcher.ask(f"{address}/html")
    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "img-src data:;" in policy
    assert "sandbox allow-popups" in policy
    assert not {"script-src", "allow-scripts", "allow-same-origin", "http"} & set(re.split(r"[ ;:]+", policy))
    assert '<head><base target="_blank">' in framed.text
    assert "data:image/png;base64," in framed.text
    assert "niet opgehaald" in (await catcher.ask(address)).text


async def test_an_attachment_is_downloaded_and_never_shown_as_a_page(catcher: Catcher) -> None:
    mail = formatted()
    mail.add_attachment("<script>alert(1)</script>", "html", filename='../"page".html')
    await catcher.send(mail)
    latest = await catcher.latest()
    calendar, page = latest["Attachments"]
    for start in ("/message", "/api/v1/message"):
        answer = await catcher.ask(f"{start}/{latest['ID']}/part/{calendar['PartID']}")
        assert answer.body == CALENDAR
        assert answer.headers["Content-Type"] == "text/calendar"
        assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''koffie%20%C3%A9%C3%A9n.ics"
        shown = await catcher.ask(f"{start}/{latest['ID']}/part/{page['PartID']}")
        assert shown.headers["Content-Disposition"].startswith("attachment;")
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        assert (await catcher.ask(f"{start}/{latest['ID']}/part/99")).status == 404
    assert page["FileName"] == "_page_.html" or not set('/\\"') & set(page["FileName"])


async def test_all_are_deleted_after_being_asked_again(catcher: Catcher) -> None:
    await catcher.send(invitation(), invitation())
    assert 'action="/delete"' in (await catcher.ask("/")).text
    answer = await catcher.ask("/delete", "POST", b"")
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert not list(catcher.folder.iterdir())
    assert "Nog geen post" in (await catcher.ask("/")).text
    assert (await catcher.ask("/api/v1/message/latest")).status == 404


async def test_the_api_deletes_those_named_or_all(catcher: Catcher) -> None:
    await catcher.send(*(invitation(f"Nummer {number}") for number in range(3)))
    newest = (await catcher.messages())[0]["ID"]
    named = json.dumps({"IDs": [newest, "../../etc/passwd"]}).encode()
    assert (await catcher.ask("/api/v1/messages", "DELETE", named)).body == b"ok"
    assert [each["Subject"] for each in await catcher.messages()] == ["Nummer 1", "Nummer 0"]
    assert (await catcher.ask("/api/v1/messages", "DELETE", b"nonsense")).status == 400
    assert (await catcher.ask("/api/v1/messages", "DELETE", b'{"IDs": "all"}')).status == 400
    assert len(await catcher.messages()) == 2
    assert (await catcher.ask("/api/v1/messages", "DELETE")).body == b"ok"
    assert await catcher.messages() == []


async def test_no_other_site_deletes_or_reads(catcher: Catcher) -> None:
    await catcher.send(invitation())
    assert (await catcher.ask("/delete", "POST", b"", Origin="https://example.org")).status == 403
    assert (await catcher.ask("/api/v1/messages", "DELETE", Origin="null")).status == 403
    assert (await catcher.ask("/", Host="rebound.example.org")).status == 400
    assert len(await catcher.messages()) == 1
    own = f"http://127.0.0.1:{catcher.http}"
    assert (await catcher.ask("/delete", "POST", b"", Origin=own)).status == 303


@pytest.mark.parametrize("path", ["/message/1", "/message/..%2f..%2fetc%2fpasswd", "/message/latest", "/nothing"])
async def test_what_is_not_there_is_said_kindly(catcher: Catcher, path: str) -> None:
    answer = await catcher.ask(path)
    assert answer.status == 404
    assert "Terug naar het postvak" in answer.text


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "only a line end": b"\r\n",
    "no header": b"zonder kop",
    "no subject, no date, nobody": b"X-Other: 1\r\n\r\nTekst\r\n",
    "bytes in headers": b"Subject: \xe9\xe9n \xff\xfe\r\nFrom: J\xf6rg <j@example.org>\r\n\xe9\xe9: 1\r\n\r\nx\r\n",
    "broken encoded word": b"Subject: =?utf-9?B?###?= =?utf-8?Q?=FF=FE?= =?nonsense?Q?a?=\r\n\r\nx\r\n",
    "broken base64": b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!not=base64\r\n",
    "unknown charset": b'Content-Type: text/plain; charset="nonsense"\r\n\r\n\xe9\xff\r\n',
    "charset that is no text": b"Content-Type: text/plain; charset=hex\r\n\r\nzz\r\n",
    "halves of letters": b"Content-Type: text/html; charset=unicode_escape\r\n\r\n\\ud800 <p>x\r\n",
    "impossible dates": b"Date: Mon, 99 Foo 99999 99:99:99 +9999\r\nSubject: x\r\n\r\nx\r\n",
    "a date before all dates": b"Date: Mon, 1 Jan 0001 00:00:00 +2300\r\n\r\nx\r\n",
    "multipart without an end": b'Content-Type: multipart/mixed; boundary="a"\r\n\r\n--a\r\nContent-Type: te',
    "multipart without parts": b"Content-Type: multipart/alternative\r\n\r\nalleen dit\r\n",
    "mail in a mail": b"Content-Type: message/rfc822\r\n\r\nSubject: binnen\r\n\r\nx\r\n",
    "type that is none": b"Content-Type: ???/\xff; name*=x''%zz\r\n\r\nx\r\n",
    "addresses that are none": b'To: "<,;:@@ >>\r\nFrom: @\r\nCc: (((\r\n\r\nx\r\n',
    "zeros": b"Subject: a\x00b\r\n\r\nc\x00d\r\n",
    "markup": b"Subject: <script>alert(1)</script>\r\nTo: <b>x</b>\r\n\r\n<script>alert(1)</script>\r\n",
    "deep": b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(1000)),
    "long line": b"Subject: " + b"x" * 60_000 + b"\r\n\r\n" + b"y" * 300_000 + b"\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_mail_is_shown(catcher: Catcher, name: str) -> None:
    await catcher.send(BROKEN[name])
    (summary,) = await catcher.messages()
    address = f"/message/{summary['ID']}"
    pages = ["/", "/?q=x", address, f"{address}/html", f"{address}/download", f"/api/v1{address}"]
    pages += [f"{address}?view={view}" for view in ("html", "text", "headers", "source")]
    pages += [f"/api/v1{address}/headers", f"/api/v1{address}/raw"]
    for page in pages:
        answer = await catcher.ask(page)
        assert answer.status == 200, page
        if answer.headers.get_content_type() == "text/html" and not page.endswith("/html"):
            assert "<script>alert" not in answer.text, page
    for part in (await catcher.latest())["Attachments"]:
        assert (await catcher.ask(f"{address}/part/{part['PartID']}")).status == 200


def test_broken_headers_keep_what_can_be_read() -> None:
    mail = read(BROKEN["bytes in headers"])
    assert mail.subject.startswith("één")
    assert mail.sender[0].name == "Jörg"
    assert read(b"Subject: =?utf-8?q?=C3=A9=C3=A9n?=\r\n =?utf-8?q?_en_spel?=\r\n\r\n").subject == "één en spel"
    assert read(b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xe9\xe9n").text == "één"


async def test_a_huge_mail_shows_its_beginning(catcher: Catcher) -> None:
    await catcher.send(b"Subject: Groot\r\n\r\n" + b"woord " * 1_000_000 + b"\r\n")
    mail = await catcher.latest()
    assert mail["Size"] > 6_000_000
    for view in ("text", "source"):
        page = await catcher.ask(f"/message/{mail['ID']}?view={view}")
        assert "te lang om hier helemaal te tonen" in page.text
        assert len(page.body) < 500_000
    assert len((await catcher.ask(f"/message/{mail['ID']}/download")).body) == mail["Size"]


async def test_what_is_too_large_is_refused_and_the_rest_goes_on(catcher: Catcher) -> None:
    with pytest.raises(smtplib.SMTPResponseException) as refused:
        await catcher.send(b"x" * 100 + b"\r\n" + b"y" * LARGEST)
    assert refused.value.smtp_code == 552
    await catcher.send(invitation())
    assert len(await catcher.messages()) == 1


async def test_a_full_disk_is_told_to_the_one_who_sends(catcher: Catcher, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Mailbox, "put", full)
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            await catcher.send(invitation())
    assert refused.value.smtp_code == 452
    await catcher.send(invitation())


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "nl"),
        ("fr-BE,fr;q=0.9", "fr"),
        ("en;q=0.2, de-AT;q=0.7", "de"),
        ("es, en;q=0.1", "en"),
        ("tr", "nl"),
        ("fr;q=0", "nl"),
        ("fr;q=nonsense,,;q=", "nl"),
    ],
)
async def test_the_page_speaks_the_language_that_is_asked_for(catcher: Catcher, accepted: str, code: str) -> None:
    assert preferred(accepted).code == code
    answer = await catcher.ask("/", Accept_Language=accepted)
    assert f'<html lang="{code}">' in answer.text
    assert preferred(code)("empty") in answer.text


def test_every_word_is_there_in_every_language() -> None:
    words = tomllib.loads((Path(package.__path__[0]) / "words.toml").read_text("utf-8"))
    for key, texts in words.items():
        assert tuple(texts) == LANGUAGES, key
        fields = {
            frozenset(field for _, field, _, _ in string.Formatter().parse(text) if field) for text in texts.values()
        }
        assert len(fields) == 1, key
    for code in LANGUAGES:
        assert len(preferred(code)("days").split()) == 7
        assert len(preferred(code)("months").split()) == 12


async def test_every_page_allows_only_its_own_files(catcher: Catcher) -> None:
    for path in ("/", "/nothing", "/style.css", "/inbox.js", "/api/v1/messages"):
        answer = await catcher.ask(path)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.findall(r"(?:src|href)=\"https?:", answer.text)


async def test_the_program_ends_cleanly_when_asked(tmp_path: Path) -> None:
    smtp, http = free_port(), free_port()
    arguments = ["-m", "deploy.embedded.mail", str(tmp_path / "mail"), str(smtp), str(http)]
    program = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=PROJECT)
    try:
        await eventually(lambda: healthy(f"http://127.0.0.1:{http}/healthz"), what="the catcher answers")
        catcher = Catcher(smtp, http, tmp_path / "mail")
        await catcher.send(invitation())
        assert len(await catcher.messages()) == 1
        second = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=PROJECT, stderr=asyncio.subprocess.PIPE
        )
        _, words = await second.communicate()
        assert second.returncode == 1
        assert words.startswith(b"The mail catcher can't start: ")
        assert b"Traceback" not in words
        # Someone who looks, and someone who sends, don't keep it from ending.
        _, writer = await asyncio.open_connection("127.0.0.1", smtp)
        program.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(program.wait(), 10) == 0
        writer.close()
    finally:
        with contextlib.suppress(ProcessLookupError):
            program.kill()
