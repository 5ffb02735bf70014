"""Phase files: the recipe reads, odd files say what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_run import write_phases

from engine.training.phase import Phase, all_phases


def test_the_recipe_reads_and_its_rate_rises_and_falls() -> None:
    recipe = all_phases()
    assert [phase.name for phase in recipe] == ["1-warmup", "2-main", "3-questions"]
    for phase in recipe:
        rates = [phase.rate(step) for step in range(phase.steps)]
        assert max(rates) == phase.learning_rate
        assert rates[0] == pytest.approx(phase.learning_rate / phase.warmup_steps)
        views = [phase.documents_in_view(step) for step in range(phase.steps)]
        assert views == sorted(views)
        assert views[0] > 0
    assert recipe[-1].rate(recipe[-1].steps) == pytest.approx(recipe[-1].learning_rate * recipe[-1].final_fraction)


def test_unknown_and_missing_keys_are_named(tmp_path: Path) -> None:
    odd = tmp_path / "odd.toml"
    text = (write_phases(tmp_path / "phases") / "1-first.toml").read_text(encoding="utf-8")
    odd.write_text("pace = 3\n" + text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"unknown keys: pace"):
        Phase.read(odd)
    odd.write_text(text.replace("group = 4\n", ""), encoding="utf-8")
    with pytest.raises(ValueError, match=r"lacks: group"):
        Phase.read(odd)
