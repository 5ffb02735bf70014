"""Questions that name a time find what is of that time, through the whole of asking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from real_memory import Caller, add, documents

from twin_app.settings import Settings
from twin_app.twin import Twin

DAYS = {
    "2025-02-26": "Bo called about the boat. We paid 300 for the mooring.",
    "2025-02-27": "Ordered two books at the corner shop, one on the Song dynasty.",
    "2025-03-02": "Ordered a lamp. Bo called again.",
    "2025-03-09": "Dinner with Bo and Cleo, soup and bread.",
    "2024-02-27": "Ordered paint for the boat.",
}


@pytest.fixture
def memory(home: Path, tmp_path: Path) -> Iterator[Twin]:
    diary = tmp_path / "diary"
    diary.mkdir()
    for day, text in DAYS.items():
        (diary / f"{day}.md").write_text(f"{text}\n")
    (diary / "log.txt").write_text("03-09-2025 16:00 E17\n")
    memory = Twin(home, Settings())
    add(memory, diary)
    yield memory
    memory.close()


def first(memory: Twin, question: str, retrieval: str = "both", **more: object) -> str:
    params = {"question": question, "retrieval": retrieval, "save": False, **more}
    result = memory.ask(params, Caller(memory.settings))
    return Path(documents(memory)[result["hops"][0]["routed"][0]]["source"]).stem


@pytest.mark.parametrize("retrieval", ["latent", "words", "both"])
@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("What did I order on February 27th, 2025?", "2025-02-27"),
        ("What did we order at the beginning of March?", "2025-03-02"),
        ("What happened on 9 March?", "2025-03-09"),
        ("What was ordered in February 2024?", "2024-02-27"),
    ],
)
def test_a_time_in_a_question_is_compared_with_the_dates_of_documents(
    memory: Twin, question: str, day: str, retrieval: str
) -> None:
    assert first(memory, question, retrieval) == day


def test_what_the_question_may_not_see_is_not_found_by_its_date(memory: Twin) -> None:
    assert first(memory, "What happened on 9 March?", until="2025-03-01") != "2025-03-09"


def test_the_right_day_answers(memory: Twin) -> None:
    result = memory.ask({"question": "Who called on 26 February 2025?", "save": False}, Caller(memory.settings))
    assert "Bo called about the boat." in result["citations"][0]["quote"]
