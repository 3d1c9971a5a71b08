"""Every mail in every language, to look at: `weefsel mail preview`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

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
    """One mail of the gallery, and the files that show it."""

    name: str
    mail: Composed
    folder: str
    file: str


def write_gallery(folder: Path, policy: Policy | None = None) -> Path:
    """Write the gallery into a folder: a page for each language, formal and informal. Returns the page to open."""
    whole = policy or load()
    pages = {}
    for way in WAYS:
        spoken = whole.model_copy(update={"notify": whole.notify.model_copy(update={"address": way})})
        for language in languages():
            speech = Speech.of(language, spoken, ZONE)
            name = f"{language}-{way}"
            pages[name] = f"{speech.language_name}, {way}"
            shown = [_shown(folder, name, each, spoken, language) for each in samples()]
            _write(folder / f"{name}.html", "gallery.j2", page=name, shown=shown, speech=speech)
    for name in pages:
        text = (folder / f"{name}.html").read_text("utf-8")
        links = " ".join(f'<a href="{other}.html">{label}</a>' for other, label in pages.items())
        (folder / f"{name}.html").write_text(text.replace("<!-- pages -->", links), "utf-8")
    start = folder / f"{whole.languages[0]}-{whole.notify.address}.html"
    return start if start.exists() else folder / f"{next(iter(pages))}.html"


def lit(html: str, *, dark: bool) -> str:
    """A mail as it is on a light or a dark screen, whichever screen one has."""
    return html.replace(_DARK, "@media all" if dark else "@media not all").replace(
        "color-scheme: light dark;", "color-scheme: dark;" if dark else "color-scheme: light;"
    )


def _shown(folder: Path, page: str, name: str, policy: Policy, language: str) -> Shown:
    sample = samples()[name]
    mail = compose(sample, reader(policy, language, of=sample))
    file = name.replace(" ", "-").replace("(", "").replace(")", "")
    into = folder / page
    into.mkdir(parents=True, exist_ok=True)
    for light, html in (("light", lit(mail.html, dark=False)), ("dark", lit(mail.html, dark=True))):
        (into / f"{file}.{light}.html").write_text(html, "utf-8")
    (into / f"{file}.txt").write_text(mail.text, "utf-8")
    for attachment in mail.attachments:
        (into / f"{file}.ics").write_bytes(attachment.content)
    return Shown(name, mail, page, file)


def _write(path: Path, template: str, **values: object) -> None:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    style = (STATIC / "tokens.css").read_text("utf-8")
    path.write_text(environment.get_template(template).render(style=style, **values), "utf-8")
