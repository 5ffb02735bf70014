"""Short answers and meanings: which run of words is the answer, and what is alike without a common word."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import engine
from engine.answering.meaning import Meanings
from engine.answering.question import Question
from engine.answering.sentences import Scored
from engine.answering.span import FEATURES, LONGEST, best_span, candidates, dense
from engine.library import Passage
from engine.tokenizer import MemoryTokenizer
from engine.weights import load

TINY = Path(engine.__path__[0]) / "checkpoints" / "twin-tiny"


@pytest.fixture(scope="module")
def meanings() -> Meanings:
    model = load(TINY, device="cpu", dtype=torch.float32)
    return Meanings(model, MemoryTokenizer(TINY / "tokenizer.json"))


def sentence(text: str, start: int = 0, score: float = 0.8) -> Scored:
    return Scored(7, start, start + len(text), text, score, frozenset(), frozenset())


def test_candidates_are_runs_of_words_and_never_small_words_alone() -> None:
    text = "The dentist is at Wharf Street 4, near the bridge."
    found = candidates(Question.of("Where is the dentist?"), [sentence(text)], None)
    runs = {text[c.start : c.end] for c in found}
    assert {"Wharf Street 4", "dentist", "bridge", "at Wharf Street"} <= runs
    assert not {"The", "is at", "the", "is"} & runs
    assert max(len(run.split()) for run in runs) == LONGEST
    assert dense(found).shape == (len(found), len(FEATURES))


def test_a_line_end_is_never_inside() -> None:
    found = candidates(Question.of("Who called?"), [sentence("Anna Berg\nTom Ruiz called")], None)
    assert not any("\n" in "Anna Berg\nTom Ruiz called"[c.start : c.end] for c in found)


def test_the_span_stands_where_it_says() -> None:
    """By weights that ask for a date's shape alone."""
    weights = [0.0] * len(FEATURES)
    weights[FEATURES.index("time:date")] = 5.0
    weights[FEATURES.index("time:plain")] = -5.0
    weights[FEATURES.index("words:3")] = 3.0
    weights[FEATURES.index("starts_small")] = -3.0
    text = "We signed the lease on 12 March 2024 in the office."
    span = best_span(Question.of("When did we sign the lease?"), [sentence(text, start=100)], weights, None)
    assert span is not None
    assert (span.text, span.document) == ("12 March 2024", 7)
    assert (span.start, span.end) == (100 + text.index("12"), 100 + text.index("12") + len("12 March 2024"))
    assert 0.0 < span.probability <= 1.0


def test_nothing_to_choose_from() -> None:
    assert best_span(Question.of("When?"), [sentence("...")], [0.0] * len(FEATURES), None) is None
    assert best_span(Question.of("When?"), [], [0.0] * len(FEATURES), None) is None


@pytest.mark.parametrize(
    ("question", "yes_no"),
    [
        ("Did I pay the rent?", True),
        ("is the shop open on Sunday", True),
        ("When did I pay the rent?", False),
        ("Can you tell me when the shop opens?", False),
        ("Wasn't the key with Anna?", True),
    ],
)
def test_yes_no_questions_are_known(question: str, yes_no: bool) -> None:
    assert Question.of(question).is_yes_no is yes_no


def test_likeness_is_of_words_and_of_meaning(meanings: Meanings) -> None:
    text = "The dentist looked at two teeth. We bought a lawn mower. My doctor was on holiday."
    ends = [i + 1 for i, c in enumerate(text) if c == "."]
    spans = list(zip([0, *(e + 1 for e in ends[:-1])], ends, strict=True))
    question = Question.of("Which dentist looked at my teeth?")
    alike = meanings.likeness(question, [1.0] * len(question.stems), Passage(1, "", text, spans))
    assert [one.own for one in alike].index(max(one.own for one in alike)) == 0
    assert alike[0].words > max(alike[1].words, alike[2].words)
    assert all(-1.001 <= value <= 1.001 for one in alike for value in (one.own, one.around, one.words))


def test_nothing_is_alike_in_an_empty_passage(meanings: Meanings) -> None:
    assert meanings.likeness(Question.of("Who?"), [1.0], Passage(1, "", "", [])) == []
