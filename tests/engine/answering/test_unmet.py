"""A reader that finds somebody in any text is not believed where nothing of the question is told."""

from __future__ import annotations

import pytest
from rare import asked_of

from engine.answering.sureness import SIGNS, UNMET

NOTES = "Bo called on Friday and wants to sail to Anholt in July. Dinner with Bo and Cleo, soup and bread."


@pytest.mark.parametrize("asked", ["Who discovered xylographic zirconium?", "Who was the first emperor of China?"])
def test_it_finds_nobody_where_no_word_is_met(asked: str) -> None:
    quoted = asked_of(asked, [NOTES]).chosen()
    assert quoted is not None
    assert dict(zip(SIGNS, quoted.signs, strict=True))["reader"] <= UNMET / 2


def test_it_is_heard_where_one_is() -> None:
    quoted = asked_of("Where does Bo want to sail?", [NOTES]).chosen()
    assert quoted is not None
    assert dict(zip(SIGNS, quoted.signs, strict=True))["reader"] > 0
