"""From what is known to a mail that can be sent: `compose(mail, reader)`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from services.notify.writing import calendars, look, text, words
from services.notify.writing.data import Composed, Mail, Reader, Thing
from services.notify.writing.language import Speech
from services.notify.writing.letter import Foot, Letter

TEMPLATES = Path(__file__).parents[1] / "templates"
_PADDING = Markup("&#8199;&#65279;" * 60)
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


def written(mail: Mail, reader: Reader, speech: Speech) -> Letter:
    """The blocks of a mail: what all its forms say."""
    letter = Letter(speech, mail.url)
    letter.greet(reader.name)
    _template(mail.kind).render(_context(mail, reader, speech, letter))
    _close(letter, mail, reader)
    return letter


def as_text(letter: Letter) -> str:
    return _layout("_text.j2").render(letter=letter).strip() + "\n"


def as_html(letter: Letter, speech: Speech) -> str:
    html = _layout("_html.j2").render(letter=letter, speech=speech, kept=Markup(look.kept()), padding=_PADDING)
    return _inliner().inline(html)


def bdi(words: str) -> Markup:
    """Escaped; what is set apart in text becomes an element of its own."""
    return Markup(str(escape(words)).replace(text.FSI, "<bdi>").replace(text.PDI, "</bdi>"))  # noqa: S704


def _close(letter: Letter, mail: Mail, reader: Reader) -> None:
    """Who writes, and where one chooses what one gets."""
    speech, worker = letter.speech, reader.worker
    if worker is not None:
        role = speech.say("practice worker in {neighbourhood}", neighbourhood=text.one_line(reader.neighbourhood))
        letter.sign(worker.name, role, text.one_line(worker.phone or ""))
    else:
        about = speech.say("From Weefsel, for {neighbourhood}.", neighbourhood=text.one_line(reader.neighbourhood))
        letter.foot.append(Foot(about))
    if reader.preferences_url:
        words, label = speech.say("Fewer mails, or other ones?"), speech.say("Choose what you get")
        letter.foot.append(Foot(words, reader.preferences_url, label))


def _context(mail: Mail, reader: Reader, speech: Speech, letter: Letter) -> dict[str, Any]:
    """What a template can use: the fields of its mail, the methods of the letter, and words for what contracts name."""
    fields = {name: getattr(mail, name) for name in mail.__dataclass_fields__}
    says = {name: getattr(letter, name) for name in Letter.USED}
    return {**fields, **says, "reader": reader, "speech": speech, "words": words, "_": speech.say}


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(extra_css=look.inlined(), keep_style_tags=True, load_remote_stylesheets=False)


@cache
def _template(kind: str) -> Template:
    """Templates write on the letter; what they print is thrown away."""
    return _environment(autoescape=False).get_template(f"{kind}.j2")


@cache
def _layout(name: str) -> Template:
    return _environment(autoescape=name == "_html.j2").get_template(name)


@cache
def _environment(*, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "mail"), autoescape=autoescape, undefined=StrictUndefined, auto_reload=False
    )
    environment.filters["bdi"] = bdi
    return environment
