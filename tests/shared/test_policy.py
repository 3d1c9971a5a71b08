"""The policy file: read on top of the packaged one, and refused with a sentence that names file and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.policy import PolicyError, folded, load


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_packaged_policy_is_whole() -> None:
    policy = load()
    assert policy.visits.within_days == 21
    assert policy.label("pet", "fr") == "s'occuper d'un animal"
    assert policy.label("pet", "xx") == "zorgen voor een huisdier"
    assert policy.names() == ["default"]
    assert {each.id for each in policy.never_small} >= {
        "personal-care", "nursing", "medication", "money", "heavy", "dangerous",
    }  # fmt: skip
    assert all(set(kind.terms) >= {"nl", "fr", "en"} for kind in policy.kinds)
    assert all(set(each.terms) >= {"nl", "fr", "en"} for each in policy.never_small)


def test_what_a_municipality_leaves_out_stays_as_packaged(tmp_path: Path) -> None:
    policy = load(written(tmp_path, "visits.within_days = 28"))
    assert (policy.visits.within_days, policy.visits.escalate_after_days) == (28, 7)


def test_some_neighbourhoods_can_have_another_policy(tmp_path: Path) -> None:
    policy = load(written(tmp_path, "[variants.rural]\nvisits.within_days = 35"))
    assert policy.names() == ["default", "rural"]
    assert policy.named("rural").visits.within_days == 35
    assert policy.named("rural").retention == policy.retention
    assert policy.named("gone") is policy


def test_a_variant_changes_the_limits_of_small_help_for_its_neighbourhoods_alone(tmp_path: Path) -> None:
    policy = load(
        written(tmp_path, "[variants.village.small_help]\noften = ['once', 'weekly']\nstructural.nl = ['steeds']")
    )
    village = policy.named("village").small_help
    assert village.often == ["once", "weekly"]
    assert village.structural == {**policy.small_help.structural, "nl": ["steeds"]}
    assert village.drift_days == policy.small_help.drift_days
    assert policy.small_help.often == ["once", "a-few-times"]


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "small_help.drift_days = 0\nmatching.window_days = 'x'\nexchanges.opendays = 3\n")
    with pytest.raises(PolicyError) as caught:
        load(path)
    for field in ("small_help.drift_days", "matching.window_days", "exchanges.opendays"):
        assert field in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Straße, ÉLÈVE & cœur", "strasse eleve coeur"),
        ("l’herbe   'K heb  \n\t’n  hond!", "l herbe k heb n hond"),
        ("", ""),
        ("…!?", ""),
    ],
)
def test_words_are_compared_without_capitals_accents_and_punctuation(text: str, words: str) -> None:
    assert folded(text) == words


KIND = "[[kinds]]\nid = 'a'\nlabels = {nl='a',fr='a',de='a',en='a'}\n"
NEVER = "[[never_small]]\nid = 'n'\nlabels = {nl='n',fr='n',de='n',en='n'}\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("visits.within_days = 0", "visits.within_days: Input should be greater than or equal to 1"),
        ("visits.witin_days = 3", "visits.witin_days: is not a field of a policy: is it a typo?"),
        ("figures.smallest_cell = 3", "figures.smallest_cell: Input should be greater than or equal to 5"),
        (
            "[variants.rural]\nvisits.within_days = 'x'",
            "variants.rural.visits.within_days: Input should be a valid int",
        ),
        ("languages = ['nl', 'pl']", "kinds: errand has no label in pl"),
        (KIND * 2, "kinds: a stands there twice"),
        (KIND + "terms = {nl = []}", "kinds.0.terms.nl: List should have at least 1 item"),
        (KIND + "terms = {nl = ['?']}", "kinds.0.terms.nl.0: is no word"),
        (KIND + "terms = {nl = ['ab*']}", "'ab*': a * stands after at least three letters, at the end of a word"),
        (KIND + "terms = {nl = ['tu*in']}", "a * stands after at least three letters, at the end of a word"),
        (KIND + "terms = {nl = ['één', 'EEN']}", "kinds: a: 'een' stands twice in nl"),
        (
            KIND + "terms = {nl = ['x y']}\n" + KIND.replace("id = 'a'", "id = 'b'") + "terms = {fr = ['X Y']}",
            "'x y' stands at kinds a and at kinds b: it can mean only one of them",
        ),
        (
            KIND + "terms = {nl = ['pil']}\n" + NEVER + "terms = {nl = ['pil']}",
            "'pil' stands at kinds a and at never_small n: it can mean only one of them",
        ),
        (NEVER, "never_small.0.terms: Field required"),
        (NEVER + "terms = {}", "never_small.0.terms: Dictionary should have at least 1 item"),
        (
            NEVER + "terms = {nl = ['pil']}\nunless = {nl = ['a b', 'A  B']}",
            "never_small: n (unless): 'a b' stands twice",
        ),
        (NEVER.replace(",de='n'", "") + "terms = {nl = ['pil']}", "never_small: n has no label in de"),
        ((NEVER + "terms = {nl = ['pil']}\n") * 2, "never_small: n stands there twice"),
        ("never_small = []", "never_small: List should have at least 1 item"),
        ("small_help.often = ['hourly']", "small_help.often.0: Input should be 'once', 'a-few-times', 'daily'"),
        ("small_help.often = []", "small_help.often: List should have at least 1 item"),
        ("small_help.often = ['once', 'once']", "small_help.often: once stands there twice"),
        ("small_help.structural = {nl = ['steeds', 'Steeds']}", "small_help.structural: 'steeds' stands twice in nl"),
        ("small_help.drift_same_kind = 1", "small_help.drift_same_kind: Input should be greater than or equal to 2"),
        ("invitations.answer_within_days_by_letter = 2", "invitations: answer_within_days_by_letter is less than"),
        ("exchanges.look_again_days = 29", "exchanges: look_again_days is more than open_days"),
        ("exchanges.nobody_after_days = 29", "exchanges: nobody_after_days is more than open_days"),
        ("exchanges.how_was_it_after_days = 15", "exchanges: how_was_it_after_days is more than close_after_days"),
        ("matching.asked_lately_days = 181", "matching: asked_lately_days is more than window_days"),
        (
            "gatherings.strangers_percent = 101",
            "gatherings.strangers_percent: Input should be less than or equal to 100",
        ),
        ("gatherings.answer_until_days = 42", "gatherings: answer_until_days is not less than ahead_days"),
        ("retention.exchanges = 100", "retention.exchanges: 100 is less than matching.window_days (180)"),
        (
            "[variants.rural]\nsmall_help.drift_days = 500",
            "variants.rural: retention.exchanges: 365 is less",
        ),
        ("attention.proposals_a_week = -1", "attention.proposals_a_week: Input should be greater than or equal to 0"),
        ("variants = 3", "variants: Input should be a valid dictionary"),
        ("visits =", "is no TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PolicyError) as caught:
        load(path)
    assert str(caught.value).startswith(f"policy {path}: ")
    assert sentence in str(caught.value)


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="can't be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    with pytest.raises(PolicyError, match="is not UTF-8"):
        load(tmp_path / "latin.toml")
