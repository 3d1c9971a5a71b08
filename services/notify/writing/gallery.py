"""Every mail in every language, to look at: `weefsel mail preview`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template

from services.notify.writing.compose import TEMPLATES, compose
from services.notify.writing.data import Composed
from services.notify.writing.language import Speech, languages
from services.notify.writing.look import STATIC
from services.notify.writing.samples import ZONE, reader, samples
from shared.policy import Policy, load

_DARK = "@media (prefers-color-scheme: dark)"
WAYS = ("u", "jij")


@dataclass(frozen=True)
class Shown:
    """One mail of the gallery, and the name of the files that show it."""

    name: str
    mail: Composed
    file: str


def write_gallery(folder: Path, policy: Policy | None = None) -> Path:
    """Write the gallery into a folder: in each language, formal and informal, a page with a list, and a page a mail.

    Returns the page to open.
    """
    whole = policy or load()
    spoken = {
        way: whole.model_copy(update={"notify": whole.notify.model_copy(update={"address": way})}) for way in WAYS
    }
    pages = {
        f"{language}-{way}": f"{Speech.of(language, whole, ZONE).language_name}, {way}"
        for language in languages()
        for way in WAYS
    }
    for page in pages:
        language, _, way = page.partition("-")
        (folder / page).mkdir(parents=True, exist_ok=True)
        shown = [_shown(folder / page, name, spoken[way], language) for name in samples()]
        _write(folder / f"{page}.html", page=page, pages=pages, shown=shown, one=None)
        for number, one in enumerate(shown):
            before, after = shown[number - 1], shown[(number + 1) % len(shown)]
            _write(folder / page / f"{one.file}.html", page=page, pages=pages, one=one, before=before, after=after)
    start = folder / f"{whole.languages[0]}-{whole.notify.address}.html"
    return start if start.exists() else folder / f"{next(iter(pages))}.html"


def lit(html: str, *, dark: bool) -> str:
    """A mail as it is on a light or a dark screen, whichever screen one has."""
    return html.replace(_DARK, "@media all" if dark else "@media not all").replace(
        "color-scheme: light dark;", "color-scheme: dark;" if dark else "color-scheme: light;"
    )


def _shown(folder: Path, name: str, policy: Policy, language: str) -> Shown:
    sample = samples()[name]
    mail = compose(sample, reader(policy, language, of=sample))
    file = name.replace(" ", "-").replace("(", "").replace(")", "")
    (folder / f"{file}.light.html").write_text(lit(mail.html, dark=False), "utf-8")
    (folder / f"{file}.dark.html").write_text(lit(mail.html, dark=True), "utf-8")
    (folder / f"{file}.txt").write_text(mail.text, "utf-8")
    for attachment in mail.attachments:
        (folder / f"{file}.ics").write_bytes(attachment.content)
    return Shown(name, mail, file)


def _write(path: Path, **values: object) -> None:
    path.write_text(_page().render(style=(STATIC / "tokens.css").read_text("utf-8"), **values), "utf-8")


@cache
def _page() -> Template:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True).get_template("gallery.j2")
