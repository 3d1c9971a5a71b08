"""Every message in every language: whole, with the same values in it, and said to people one way or the other."""

from __future__ import annotations

import re
from io import BytesIO
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from services.notify.writing.catalogues import DOMAINS, path_of, said
from services.notify.writing.language import SOURCE, Speech, chosen, languages, read
from shared.policy import load
from tests.untranslated import listening

LANGUAGES = sorted(set(languages()) - {SOURCE})
ADDRESSING = {
    "nl": r"u|uw|uzelf|je|jij|jou|jouw|hebt u|bent u",
    "fr": r"tu|te|toi|ton|ta|tes|t'\w+",
    "de": r"du|dich|dir|dein|deine|deinen|deinem|deiner|deines|(?<=[a-zäöüß,] )(?:Ihnen|Ihr|Ihre|Ihren|Ihrem|Ihrer)",
}
"""Words by which one speaks to somebody: they differ between formal and informal, so they stand in `[…|…]`.

French `vous` is left out: it is also how one speaks to two people, in either way.
"""
EACH = pytest.mark.parametrize(("language", "domain"), [(each, domain) for each in LANGUAGES for domain in DOMAINS])


def messages(language: str, domain: str) -> list[Message]:
    path = path_of(language, domain)
    if not path.exists():
        return []
    return [each for each in read_po(BytesIO(path.read_bytes()), locale=language) if each.id]


def strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def ids(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def test_there_is_a_catalogue_for_every_language_of_the_packaged_policy() -> None:
    assert set(load().languages) <= set(languages())


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_is_said_is_translated(language: str) -> None:
    known = read(language)
    for domain in DOMAINS:
        for id_ in said(domain):
            found = known.get(id_[0] if isinstance(id_, tuple) else id_)
            assert found is not None, f"{domain}: {id_!r} has no translation in {language}"
            assert all(strings(found)), f"{domain}: {id_!r} is empty in {language}"


@EACH
def test_a_catalogue_holds_nothing_uncertain_and_nothing_that_is_not_said(language: str, domain: str) -> None:
    found = messages(language, domain)
    assert not [each.id for each in found if each.fuzzy]
    spoken = {id_ if isinstance(id_, str) else id_[0] for id_ in said(domain)}
    assert not [each.id for each in found if ids(each)[0] not in spoken]


@EACH
def test_a_translation_has_the_values_of_its_message(language: str, domain: str) -> None:
    """A form for exactly one may leave out the number."""
    for each in messages(language, domain):
        for way in (True, False):
            found = [values(chosen(string, way)) for string in strings(each)]
            assert found[-1] == values(ids(each)[-1]), each.id
            assert all(form <= values(ids(each)[-1]) for form in found), each.id


@EACH
def test_each_plural_of_a_language_is_there(language: str, domain: str) -> None:
    for each in messages(language, domain):
        if not isinstance(each.id, str):
            assert len(strings(each)) == read(language).num_plurals


@EACH
def test_people_are_spoken_to_formally_or_not_and_never_both(language: str, domain: str) -> None:
    """Every word of address stands in `[formal|informal]`; the desk, among colleagues, speaks one way."""
    spoken = re.compile(rf"(?<![\w'’])(?:{ADDRESSING[language]})(?![\w’])")
    for each in messages(language, domain):
        for string in strings(each):
            outside = re.sub(r"\[[^\[\]|]*\|[^\[\]|]*\]", "", string)
            assert not re.search(r"[\[\]|]", outside), f"{string!r}: a bracket has no other side"
            assert domain == "desk" or not spoken.search(outside), f"{string!r}: {spoken.search(outside)}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_translated_in_two_places(language: str) -> None:
    seen: dict[str, str] = {}
    for domain in DOMAINS:
        for each in messages(language, domain):
            assert seen.setdefault(ids(each)[0], domain) == domain, f"{each.id!r} stands in two catalogues"


def test_french_sets_its_marks_apart_with_a_space_that_does_not_break() -> None:
    for each in read("fr"):
        for string in strings(each) if each.id else ():
            assert not re.search(r"[^\u00a0\u202f?!.][?!;»]|«[^\u00a0\u202f]|\w :|\w:(?!//)", string), string


def test_the_source_is_english_in_plain_words() -> None:
    for domain in DOMAINS:
        for id_ in said(domain):
            for each in [id_] if isinstance(id_, str) else id_:
                assert "[" not in each
                assert len(max(each.split(), key=len)) < 24, each


def values(string: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(string) if name is not None}


# --- what no scan of the sources finds: words that are no literal where they are said


def test_whatever_is_said_without_a_translation_is_heard_of() -> None:
    """The tests of pages and mails listen to it (`tests/untranslated.py`): this shows that they would hear it."""
    with listening() as said_so:
        Speech.of("nl", load(), ZoneInfo("Europe/Brussels")).say("Nobody has translated this sentence.")
    assert said_so == {("nl", "Nobody has translated this sentence.")}
