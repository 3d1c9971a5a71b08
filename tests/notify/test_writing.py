"""Mails as they are read: what each says, to whom, in which form; and that nothing in a name or a wish can harm one."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from datetime import date
from html.parser import HTMLParser
from typing import Any, get_type_hints

import pytest
from jinja2 import UndefinedError

from services.notify.writing import data, text
from services.notify.writing.compose import TEMPLATES, compose
from services.notify.writing.data import KINDS, Composed, Mail, Reader
from services.notify.writing.gallery import WAYS, write_gallery
from services.notify.writing.language import Speech, languages
from services.notify.writing.paper import paper, spoken
from services.notify.writing.samples import LINK, MARIE, NOW, YUSUF, ZONE, is_to_worker, reader, samples
from shared.contracts.exchange import NextStep
from shared.policy import Policy, load

POLICY = load()
SAMPLES = sorted(samples())
LANGUAGES = sorted(languages())
BEFORE_BOTH_AGREED = (
    data.Received, data.WithWorker, data.Looking, data.Invited, data.InvitedAgain, data.Waiting, data.Arranged,
    data.TakenBack, data.Found, data.NotThisTime, data.Resting, data.NobodyYet, data.Ended,
)  # fmt: skip
SIGNAL_WORDS = {label for kind in POLICY.signal_kinds if kind.id != "other" for label in kind.labels.values()}


def policy(way: str) -> Policy:
    return POLICY.model_copy(update={"notify": POLICY.notify.model_copy(update={"address": way})})


def mail(name: str, language: str = "nl", way: str = "u") -> Composed:
    sample = samples()[name]
    return compose(sample, reader(policy(way), language, of=sample))


# --- every kind, in every language


def test_every_kind_has_a_template_and_a_sample() -> None:
    templates = {path.stem for path in TEMPLATES.glob("*.j2") if not path.stem.startswith("_")} - {"gallery"}
    assert templates == set(KINDS) == {sample.kind for sample in samples().values()}


def test_there_is_a_mail_for_every_next_step() -> None:
    assert set(NextStep.__args__) <= set(KINDS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_text_and_html_say_the_same(name: str, language: str) -> None:
    """Word for word and link for link; what only a list of mails shows stands apart."""
    for way in WAYS:
        made = mail(name, language, way)
        seen = Seen.of(made.html)
        assert words_of(seen.words) == words_of(without_links(made.text))
        assert seen.links == re.findall(r"https://\S+", made.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_says_which_language_it_is_in_and_which_way_it_reads(language: str) -> None:
    made = mail("invited", language)
    assert made.language == language
    assert f'<html lang="{language}" dir="ltr">' in made.html


def test_a_language_that_there_is_no_catalogue_for_falls_back_on_the_policys_first() -> None:
    assert mail("invited", "tr").language == POLICY.languages[0] == "nl"


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_are_spoken_to_as_the_policy_says(language: str) -> None:
    """In English there is no difference; in the others nearly every mail has one, and none is left half."""
    differ = [name for name in SAMPLES if mail(name, language, "u").text != mail(name, language, "jij").text]
    assert len(differ) > 0.8 * len(SAMPLES) if language != "en" else not differ
    assert not [name for name in SAMPLES for way in WAYS if re.search(r"[\[\]|]", mail(name, language, way).text)]


def test_a_mail_says_enough_to_act_on() -> None:
    made = mail("invited").text
    for words in (
        "De haag is te hoog geworden, wie snoeit mee? Er is taart.", "op een dinsdag, in de namiddag",
        "ongeveer 10 minuten te voet", "buiten bezig zijn, en babbelen", "Marie Claes", "09 123 45 67",
        f"{LINK}?choice=yes", f"{LINK}?choice=not-now", f"{LINK}?choice=no",
    ):  # fmt: skip
        assert words in made


def test_the_person_is_told_kindly_what_happens_next() -> None:
    """Wherever something is asked or offered, and nothing is left to do for them but wait."""
    for name in (
        "received",
        "with-worker",
        "looking",
        "looking (offer)",
        "waiting",
        "resting",
        "agreed (no moment yet)",
    ):
        assert "Wat nu:" in mail(name).text, name
    assert "Dit is meer dan we aan buren kunnen vragen" in mail("with-worker").text
    assert "Wat al loopt, loopt gewoon door." in mail("with-worker").text


def test_a_second_time_is_the_last_and_offers_no_third() -> None:
    again = mail("invited-again")
    assert "choice=not-now" in mail("invited").text
    assert "choice=not-now" not in again.text
    assert "Daarna vragen we het niet meer." in again.text


def test_no_answer_stands_out_when_one_says_how_it_was() -> None:
    assert 'class="button full"' not in mail("how-was-it").html
    assert mail("how-was-it").html.count('class="button outlined"') == 4


# --- what nobody reads in a mail


@pytest.mark.parametrize("kind", sorted(kind.kind for kind in BEFORE_BOTH_AGREED))
def test_no_mail_has_the_others_name_before_both_agreed(kind: str) -> None:
    """Not even a field for it."""
    assert not {"name", "names", "others", "phone", "email", "address", "host", "participant_id"} & set(
        all_fields(KINDS[kind])
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_mail_has_a_note_or_the_content_of_a_referral(kind: str) -> None:
    assert not {"note", "notes", "details", "question", "health"} & set(all_fields(KINDS[kind]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_signal_is_about_is_told_to_its_own_worker_alone_and_never_in_a_subject(language: str) -> None:
    own = {"urgent-signal", "signal-back"}
    for name, sample in samples().items():
        made = mail(name, language)
        assert not [word for word in SIGNAL_WORDS if word in made.subject]
        before = re.search(r'class="before".*?>(.*?)</div>', made.html, re.S)
        assert before is not None
        assert not [word for word in SIGNAL_WORDS if word in before.group(1)]
        if sample.kind not in own:
            assert not [word for word in SIGNAL_WORDS if re.search(rf"\b{re.escape(word)}\b", made.text)], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_subject_shows_nobody_on_a_lock_screen(language: str) -> None:
    """No participant, no wording, no service beside a person; who writes it may stand there."""
    for name, sample in samples().items():
        subject = mail(name, language).subject
        assert not [each for each in ("Martine", "Jos", YUSUF.name, "haag", "soep", "steunkousen") if each in subject]
        assert not ("Poetsen" in subject and is_to_worker(sample))


def test_a_service_reads_nothing_of_the_person() -> None:
    for kind in KINDS.values():
        if issubclass(kind, data.ToService):
            assert set(all_fields(kind)) <= {"url", "service", "requested_at", "remind_after_working_days"}


def test_a_person_reads_what_they_agreed_to_and_how_to_take_it_back_but_no_service_by_name() -> None:
    made = mail("referral-consent").text
    assert "uw naam, hoe u te bereiken bent en wat u graag wilt" in made
    assert "zaterdag 1 augustus 2026" in " ".join(made.split())
    assert f"{LINK}?choice=withdraw" in made
    assert set(all_fields(data.ReferralConsent)) == {"url", "fields", "until"}


def test_what_climbed_says_whose_it_was_and_neither_kind_nor_service() -> None:
    made = mail("escalated (coordinator)").text
    assert "Karim Haddad" in made
    assert {"service", "kind"} & set(all_fields(data.Escalated)) == set()


# --- names and wishes as they come

NASTY = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "Jos\r\nBcc: everyone@example.org",
    "Jos\u2028Subject: other", "{{ 7 * 7 }}{% raw %}", "{name} %s [u|je]", "M" * 5000, "een woord " * 500, "é" * 300,
    "محمد بن عبد الله", "דוד", "\u202etxet", "  ", "😀" * 200,
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(NASTY)))
def test_nothing_in_a_name_or_a_wish_harms_a_mail(number: int) -> None:
    nasty = NASTY[number]
    for name, sample in samples().items():
        made = compose(poisoned(sample, nasty), replace(reader(POLICY, of=sample), name=nasty, neighbourhood=nasty))
        seen = Seen.of(made.html)
        assert not seen.tags & {"script", "img", "iframe", "svg", "object"}, name
        assert not seen.handlers
        assert len(made.subject.splitlines()) == 1, name
        assert len(made.subject) <= text.LONGEST_SUBJECT
        assert "49" not in made.subject
        assert all(len(each.content) < 60_000 for each in made.attachments)


@pytest.mark.parametrize("kind", ["invited", "thanked", "digest", "agreed"])
def test_html_in_a_wish_is_shown_as_it_was_written(kind: str) -> None:
    made = compose(poisoned(samples()[kind], "<b>soep</b> & taart"), reader(POLICY))
    assert "&lt;b&gt;soep&lt;/b&gt; &amp; taart" in made.html
    assert "<b>soep</b> & taart" in made.text


def test_a_name_of_five_thousand_letters_is_shortened_kindly() -> None:
    made = compose(samples()["agreed"], replace(reader(POLICY), name="Anna Maria Josephina " * 250))
    greeting = made.text.splitlines()[0]
    assert greeting == "Dag Anna Maria Josephina Anna Maria Josephina Anna Maria…,"


def test_a_name_that_is_written_the_other_way_round_keeps_its_place() -> None:
    made = mail("thanked")
    assert f"<bdi>{YUSUF.name}</bdi> wil u graag iets zeggen" in made.html
    assert f"{text.FSI}{YUSUF.name}{text.PDI} wil u" in made.text
    assert mail("signal-offered").html.count("<bdi>") == 0


def test_a_subject_has_nothing_invisible() -> None:
    made = compose(data.SignalOffered(url=LINK, name="Jos", from_name=YUSUF.name), reader(POLICY))
    assert made.subject == f"{YUSUF.name} vraagt u iets over te nemen"


def test_a_mail_without_a_name_or_a_neighbourhood_is_whole() -> None:
    for name, sample in samples().items():
        made = compose(sample, replace(reader(POLICY, of=sample), name="", neighbourhood="", worker=None))
        assert made.text.startswith("Dag,\n"), name
        assert "  in" not in made.text
        assert 'class="head"' not in made.html


def test_a_mail_that_asks_for_what_is_not_there_is_not_written() -> None:
    with pytest.raises(UndefinedError):
        compose(replace(samples()["agreed"], others=(None,)), reader(POLICY))  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("words", "longest", "short"),
    [
        ("kort", 10, "kort"),
        ("een zin van woorden", 10, "een zin…"),
        ("aaaaaaaaaaaa", 6, "aaaaa…"),
        ("e\u0301" * 9, 6, None),
    ],
)
def test_what_is_too_long_is_cut_at_a_word_and_never_inside_a_letter(
    words: str, longest: int, short: str | None
) -> None:
    found = text.shortened(words, longest)
    assert len(found) <= longest
    assert found == short if short else found.removesuffix("…") in words
    assert short or not found.removesuffix("…").endswith("e")


# --- the digest, paper, the phone


def test_a_digest_is_grouped_by_what_can_be_done() -> None:
    made = mail("digest").text
    heads = ["Vandaag, als het lukt", "Bellen of langsgaan", "Eerst even kijken", "Doorverwijzingen",
             "Een reden om langs te gaan", "In orde brengen"]  # fmt: skip
    places = [made.index(f"{head}\n{'-' * len(head)}") for head in heads]
    assert places == sorted(places)
    assert "Er zijn 12 dingen voor u" in made
    assert "Er is 1 ding voor u" in mail("digest (one)").text


def test_who_is_to_hear_several_things_is_one_line_of_a_digest() -> None:
    made = mail("digest").text
    assert "bellen: over 3 dingen" in made
    assert "* Een brief voor Martine De Smet" in made


def test_every_line_of_a_digest_has_its_own_link() -> None:
    made = mail("digest")
    assert [f"https://weefsel.example/desk/{number}" in made.text for number in range(1, 13)] == [True] * 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_has_no_e_mail_gets_the_same_on_paper_with_boxes_to_tick(language: str) -> None:
    for name, sample in samples().items():
        if is_to_worker(sample) or isinstance(sample, data.MonthlyFigures | data.Test | data.ToService):
            continue
        letter = paper(sample, reader(POLICY, language, of=sample), ("Weverstraat 12", "9000 Gent"))
        assert "https://" not in letter, name
        assert "<a " not in letter
        assert letter.count("☐") == mail(name, language).text.count("?choice="), name
    asked = paper(samples()["invited"], reader(POLICY, language), ("<b>Weverstraat 12</b>",))
    assert "&lt;b&gt;Weverstraat 12&lt;/b&gt;" in asked
    assert "09 123 45 67" in asked
    assert ("Tick a box" in asked) == (language == "en")


def test_who_rings_has_the_same_words() -> None:
    said = spoken(samples()["invited"], reader(POLICY))
    assert "Iemand in de buurt vraagt iets kleins. We dachten aan u." in said
    assert "“De haag is te hoog geworden, wie snoeit mee? Er is taart.”" in said
    assert not [line for line in said if "https://" in line]


def test_a_gallery_shows_every_mail_in_every_language(tmp_path: Any) -> None:
    start = write_gallery(tmp_path)
    assert start == tmp_path / "nl-u.html"
    for language in LANGUAGES:
        for way in WAYS:
            shown = list((tmp_path / f"{language}-{way}").glob("*.light.html"))
            assert len(shown) == len(SAMPLES)
    assert "https://" not in re.sub(r"<pre.*?</pre>", "", start.read_text("utf-8"), flags=re.S)


# --- reading what was made


class Seen(HTMLParser):
    """What of a mail is seen, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self._unseen = 0

    @classmethod
    def of(cls, html: str) -> Seen:
        seen = cls()
        twice = r'<div class="before".*?</div>|<p class="head".*?</p>'  # the preview; the place, which signs it too
        seen.feed(re.sub(twice, "", html, flags=re.S))
        return seen

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self._unseen += tag in ("head",)
        href = dict(attrs).get("href") or ""
        self.links += [href] if href.startswith("https://") else []
        self.words += "" if tag == "bdi" else " "

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("head",)
        self.words += "" if tag == "bdi" else " "

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words += data


def without_links(words: str) -> str:
    return re.sub(r"https://\S+", "", words)


def words_of(words: str) -> list[str]:
    """Without what a text has for a box, a bar or a rule."""
    plain = words.replace(text.FSI, "").replace(text.PDI, "")
    found = [word.rstrip(":") for word in re.split(r"\s+", plain)]
    return [word for word in found if word and not re.fullmatch(r"[-*:]+", word)]


def all_fields(kind: type) -> list[str]:
    """The fields of a dataclass, and of all that they hold."""
    found: list[str] = []
    for name, hint in get_type_hints(kind).items():
        if name == "kind" and issubclass(kind, Mail):
            continue
        found.append(name)
        for part in parts_of(hint):
            if is_dataclass(part) and part is not kind:
                found += all_fields(part)  # type: ignore[arg-type]
    return found


def parts_of(hint: Any) -> list[Any]:
    return [hint, *(each for part in getattr(hint, "__args__", ()) for each in parts_of(part))]


FREE = {"name", "words", "thanks", "title", "place", "bring", "host", "service", "from_name"}


def poisoned(value: Any, nasty: str) -> Any:
    """The same, with these words wherever words of people stand."""
    if isinstance(value, tuple):
        return tuple(poisoned(each, nasty) for each in value)
    if not is_dataclass(value) or isinstance(value, (type, Reader)):
        return value
    changed = {
        each.name: nasty if each.name in FREE and isinstance(found, str) else poisoned(found, nasty)
        for each in fields(value)
        if (found := getattr(value, each.name)) is not None
    }
    return replace(value, **changed)


def test_a_mail_for_another_says_so_in_its_subject_and_first_line() -> None:
    made = compose(samples()["gathering-invited"], replace(reader(POLICY), acts_for="Godelieve Van Hecke"))
    assert made.subject == "Voor Godelieve: Een uitnodiging van Marie Claes"
    greeting, first = [line for line in made.text.splitlines() if line][:2]
    assert greeting.startswith("Dag Martine")
    assert first.startswith("Deze mail is voor Godelieve Van Hecke.")


def test_who_coordinates_is_called_so() -> None:
    someone = replace(reader(POLICY), worker=replace(MARIE, role="coordinator"))
    assert "coördinator in Brugse Poort" in compose(samples()["looking"], someone).text
    asked = compose(samples()["referral-asked"], someone).text
    assert "Marie Claes, coördinator in Brugse Poort, begeleidt" in asked
    assert "praktijkwerker" not in asked


def test_french_says_the_first_of_a_month_as_such() -> None:
    speech = Speech.of("fr", POLICY, ZONE)
    days = [speech.day(each).replace("\u00a0", " ") for each in (date(2026, 5, 1), date(2026, 5, 11))]
    assert days == ["vendredi 1er mai", "lundi 11 mai"]


def test_figures_that_cant_be_shown_are_counted_and_not_listed() -> None:
    made = compose(samples()["figures"], reader(POLICY, of=samples()["figures"])).text
    first, second = made.split("Rabot")
    assert "2 cijfers staan er niet bij: ze gaan elk over minder dan 5 mensen." in first  # unreachable, no-capacity
    assert "13 cijfers staan er niet bij" in second
    assert [each.partition(":")[2].strip() for each in second.splitlines() if each[-1:].isdigit()] == ["48", "9", "2"]


def test_english_writes_hours_in_small_letters() -> None:
    speech = Speech.of("en", POLICY, ZONE)
    assert speech.time(NOW.replace(hour=14, minute=0)).replace("\u202f", " ") == "2 pm"
