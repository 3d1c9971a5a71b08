"""The policy file: read on top of the packaged one, and refused with a sentence that names file and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.policy import PolicyError, load


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


def test_what_a_municipality_leaves_out_stays_as_packaged(tmp_path: Path) -> None:
    policy = load(written(tmp_path, "visits.within_days = 28"))
    assert (policy.visits.within_days, policy.visits.escalate_after_days) == (28, 7)


def test_some_neighbourhoods_can_have_another_policy(tmp_path: Path) -> None:
    policy = load(written(tmp_path, "[variants.rural]\nvisits.within_days = 35"))
    assert policy.names() == ["default", "rural"]
    assert policy.named("rural").visits.within_days == 35
    assert policy.named("rural").retention == policy.retention
    assert policy.named("gone") is policy


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
        ("[[kinds]]\nid = 'a'\nlabels = {nl='a',fr='a',de='a',en='a'}\n" * 2, "kinds: a stands there twice"),
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
