"""From what is known to a mail that can be sent: `compose(mail, reader)`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from services.notify.writing import calendars, look, text, words
from services.notify.writing.data import Composed, Digest, DigestItem, Mail, Reader, Worker
from services.notify.writing.language import Speech
from services.notify.writing.letter import Foot, Letter

TEMPLATES = Path(__file__).parents[1] / "templates" / "mail"
_HTML, PAPER = "_html.j2", "_paper.j2"
_PADDING = "\u2007\ufeff" * 60
"""After the preview, so that a list of mails doesn't go on with the mail itself."""


def compose(mail: Mail, reader: Reader) -> Composed:
    """The mail as it goes out. Raises when its template asks for what is not there: the mail is then not sent."""
    speech = Speech.of(reader.language, reader.policy, reader.zone)
    letter = written(mail, reader, speech)
    return Composed(
        subject=letter.title,
        text=as_text(letter),
        html=as_html(letter, speech),
        language=speech.language,
        attachments=calendars.of(mail, reader, speech),
    )


def written(mail: Mail, reader: Reader, speech: Speech, *, paper: bool = False) -> Letter:
    """The blocks of a mail: what all its forms say. `paper`: without what only a screen has."""
    letter = Letter(speech, mail.url)
    letter.greet(reader.name)
    if reader.acts_for:
        letter.on_behalf(reader.acts_for)
    _template(mail.kind).render(_context(mail, reader, letter), paper=paper)
    _close(letter, mail, reader)
    return letter


def as_text(letter: Letter) -> str:
    return layout("_text.j2").render(letter=letter).strip() + "\n"


def as_html(letter: Letter, speech: Speech) -> str:
    return layout(_HTML).render(letter=letter, speech=speech, kept=_kept(), padding=_PADDING)


@cache
def _kept() -> Markup:
    """Our own style, which has nothing of anyone in it."""
    return Markup(look.kept())  # noqa: S704


def bdi(words: str) -> Markup:
    """Escaped; what is set apart in text becomes an element of its own."""
    escaped = escape(words)
    if text.FSI not in words:
        return escaped
    return Markup(str(escaped).replace(text.FSI, "<bdi>").replace(text.PDI, "</bdi>"))  # noqa: S704


def _close(letter: Letter, mail: Mail, reader: Reader) -> None:
    """Who writes, and where one chooses what one gets."""
    speech, worker, place = letter.speech, reader.worker, text.name(reader.neighbourhood)
    letter.head = speech.apart(place)
    if worker is not None:
        letter.sign(worker.name, _role(worker, place, speech) if place else "", worker.phone)
    else:
        letter.foot.append(
            Foot(speech.say("From Weefsel, for {neighbourhood}.", neighbourhood=place) if place else "Weefsel")
        )
    if reader.preferences_url:
        words, label = speech.say("Fewer mails, or other ones?"), speech.say("Choose what you get")
        letter.foot.append(Foot(words, reader.preferences_url, label))


def _role(worker: Worker | None, place: str, speech: Speech) -> str:
    if worker is not None and worker.role == "coordinator":
        return speech.say("coordinator in {neighbourhood}", neighbourhood=place)
    return speech.say("practice worker in {neighbourhood}", neighbourhood=place)


def _context(mail: Mail, reader: Reader, letter: Letter) -> dict[str, Any]:
    """What a template can use: the fields of its mail, the methods of the letter, and words for what contracts name."""
    speech, worker = letter.speech, reader.worker
    return {
        **{name: getattr(mail, name) for name in mail.__dataclass_fields__},
        **{name: getattr(letter, name) for name in Letter.USED},
        "kind": mail.kind,
        "_": speech.say,
        "count": speech.count,
        "speech": speech,
        "reader": reader,
        "words": words,
        "neighbourhood": text.name(reader.neighbourhood) or speech.say("your neighbourhood"),
        "worker": text.name(worker.name) if worker else speech.say("your worker"),
        "role": _role(worker, text.name(reader.neighbourhood) or speech.say("your neighbourhood"), speech),
        "worker_name": text.name(worker.name) if worker else "",
        "name_of": text.name,
        "told": lambda table, codes: speech.several([speech.say(table[code]) for code in codes]),
        "shown": lambda value: None if value is None else speech.number(value),
        "groups": grouped(mail, speech) if isinstance(mail, Digest) else (),
        "titled_as": lambda item: _titled_as(item, speech),
        "below": lambda item: _below(item, speech),
    }


@dataclass(frozen=True)
class Group:
    """A part of a digest."""

    title: str
    items: list[DigestItem]


def grouped(digest: Digest, speech: Speech) -> list[Group]:
    """What can be done, by what it takes; within a group in the order given."""
    groups = {name: [each for each in digest.items if each.what in group] for name, group in words.GROUPED.items()}
    return [Group(speech.say(words.GROUP[name]), items) for name, items in groups.items() if items]


def _titled_as(item: DigestItem, speech: Speech) -> str:
    """What a line is about. What somebody is to be told in one go is one line, with how many things."""
    name, number = text.name(item.name or ""), item.number
    if item.what == "ring":
        return speech.count("Ring {name}", "Ring {name}: about {number} things", number, name=name)
    if item.what == "letter":
        return speech.count("A letter for {name}", "{number} letters for {name}, in one go", number, name=name)
    if item.what == "organisation":
        return speech.count("A message for {name}, to pass on", "{number} messages for {name}, to pass on", number,
                            name=name)  # fmt: skip
    if item.what == "double":
        return speech.count("Perhaps somebody is here twice", "Perhaps {number} people are here twice", number)
    return speech.say(words.WHAT[item.what], name=name)


def _below(item: DigestItem, speech: Speech) -> str:
    told = [
        speech.say("It came up to you from a colleague") if item.climbed else "",
        speech.say("since {day}", day=speech.day(item.since)) if item.since else "",
        speech.say("by {day}", day=speech.day(item.by)) if item.by else "",
    ]
    return " · ".join(each for each in told if each)


@cache
def _template(kind: str) -> Template:
    """Templates write on the letter; what they print is thrown away."""
    return _environment().get_template(f"{kind}.j2")


@cache
def layout(name: str) -> Template:
    """What the blocks are set in."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=lambda name: name in (_HTML, PAPER),  # noqa: S701 - the others are no HTML
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.filters["bdi"] = bdi
    environment.globals.clear()  # none is used, and each is copied for each mail
    return environment


def _source(name: str) -> str | None:
    path = TEMPLATES / name
    source = path.read_text("utf-8") if path.is_file() else None
    return look.worked_in(source) if source is not None and name == _HTML else source
