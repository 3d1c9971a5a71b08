"""The same letter on paper, for who has no e-mail: nothing to press, answers to tick, and whom to give it to."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from services.notify.writing.compose import PAPER, layout, written
from services.notify.writing.data import Mail, Reader
from services.notify.writing.language import Speech
from services.notify.writing.letter import Action


def paper(mail: Mail, reader: Reader, to: Sequence[str] = ()) -> Markup:
    """A letter to set in a page that is printed (`static/letter.css`). `to`: the lines of a postal address."""
    speech = Speech.of(reader.language, reader.policy, reader.zone)
    letter = written(mail, reader, speech, paper=True)
    actions: list[Action] = [each for block in letter.blocks if block.shape == "actions" for each in block.parts]
    html = layout(PAPER).render(
        letter=letter,
        speech=speech,
        say=speech.say,
        reader=reader,
        answers=[each.label for each in actions if each.answers],
        to=[each for each in to if each.strip()],
    )
    return Markup(html)  # noqa: S704 - rendered with escaping


def headed(mail: Mail, reader: Reader) -> str:
    """What it is about, in a few words."""
    return written(mail, reader, Speech.of(reader.language, reader.policy, reader.zone), paper=True).title


def spoken(mail: Mail, reader: Reader) -> list[str]:
    """The same for who rings: what to say, a sentence or a fact a line."""
    speech = Speech.of(reader.language, reader.policy, reader.zone)
    lines: list[str] = []
    for block in written(mail, reader, speech, paper=True).blocks:
        if block.shape in ("say", "heading", "small"):
            lines.append(block.words)
        elif block.shape == "quote":
            lines += block.parts
        elif block.shape == "facts":
            lines += [f"{each.label}{speech.colon} {each.value}" for each in block.parts]
    return lines
