"""The templates of the pages: everything is escaped, and a name that is missing is an error, not a gap."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.notify.pages import choices, statics
from services.notify.pages.desk import drawing
from services.notify.pages.desk import words as at_the_desk
from services.notify.writing import text, words
from services.notify.writing.language import Speech
from shared.policy import Policy

FOLDER = Path(__file__).parents[1] / "templates" / "pages"


def environment() -> Environment:
    """One for the process. `say`, `count`, `speech` and `page` come with each page."""
    made = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    made.globals |= {
        "sheet": statics.sheet()[0],
        "choices": choices,
        "words": words,
        "marked": choices.marked,
        "at_the_desk": at_the_desk,
        "drawing": drawing,
    }
    made.globals |= {
        "speech_weekdays": weekdays, "part_choices": parts, "kind_choices": kinds, "often_choices": often,
    }  # fmt: skip
    made.filters |= {"paragraphs": text.paragraphs, "name": text.name}
    return made


# --- what is chosen from, in the words of one language


def weekdays(speech: Speech) -> list[tuple[str, str]]:
    return [(each, speech.weekday(each)) for each in choices.WEEKDAYS]


def parts(speech: Speech) -> list[tuple[str, str]]:
    return [(each, speech.say(label)) for each, label in choices.PARTS.items()]


def kinds(policy: Policy, speech: Speech) -> list[tuple[str, str]]:
    return [(each.id, policy.label(each.id, speech.language)) for each in policy.kinds]


def often(speech: Speech) -> list[tuple[str, str]]:
    return [(each, speech.say(label)) for each, label in choices.OFTEN.items()]
