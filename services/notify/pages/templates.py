"""The templates of the pages: everything is escaped, and a name that is missing is an error, not a gap."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.notify.pages import choices, statics
from services.notify.writing import text, words

FOLDER = Path(__file__).parents[1] / "templates" / "pages"


def environment() -> Environment:
    """One for the process. `say`, `count`, `speech` and `page` come with each page."""
    made = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    made.globals |= {"sheet": statics.sheet()[0], "choices": choices, "words": words}
    made.filters |= {"paragraphs": text.paragraphs, "name": text.name}
    return made
