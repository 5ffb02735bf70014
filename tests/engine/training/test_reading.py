"""The reader's training in small: samples say what they should, a run learns and goes on where it stopped."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest
import torch
from few_texts import TEXTS, TINY, small_reader

from engine.answering.reading.reader import READER, Reader, Reads, Words
from engine.training.quoting import Closed
from engine.training.reading import RATE, lessons, loss_of
from engine.training.samples import Maker, Sample, bare_words, cut, hidden
from engine.training.timed import Timed
from engine.training.trusting import logistic, precise, trust


@pytest.fixture(scope="module")
def maker() -> Maker:
    torch.set_num_threads(1)
    return Maker(TINY, Path("no data"))


@pytest.fixture(scope="module")
def closed(maker: Maker) -> Closed:
    return Closed(TEXTS, maker.meanings)


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.samples.TAKEN_AWAY", 0.0)


def said(sample: Sample) -> set[str]:
    return {" ".join(sample.windows[w].words[i : i + n]) for w, i, n in sample.right}


@pytest.mark.usefixtures("whole")
def test_a_sample_knows_where_its_answer_stands(maker: Maker, closed: Closed) -> None:
    sample = maker.sample(random.Random(1), closed, "What is the frame number of the bicycle?", [1], ["WX-2201"], None)
    assert sample is not None
    assert said(sample) == {"WX-2201"}


@pytest.mark.usefixtures("whole")
def test_where_the_words_are_not_known_the_evidence_is(maker: Maker, closed: Closed) -> None:
    start = TEXTS[2][1].index("The roof")
    evidence = [(2, start, start + len("The roof is old."))]
    sample = maker.sample(random.Random(1), closed, "How is the roof of the house?", [2], ["in bad repair"], evidence)
    assert sample is not None
    ((window, _, size),) = sample.right
    assert size == 0, "any run of it"
    assert "roof" in sample.windows[window].words


@pytest.mark.usefixtures("whole")
def test_a_question_without_an_answer_has_none(maker: Maker, closed: Closed) -> None:
    sample = maker.sample(random.Random(1), closed, "Who painted the boat?", [], [], None)
    assert sample is not None
    assert sample.right == ()
    assert maker.sample(random.Random(1), closed, "What is the boat's name?", [0], ["Molly"], None) is None


def test_the_answer_can_be_taken_away(maker: Maker, closed: Closed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.samples.TAKEN_AWAY", 1.0)
    sample = maker.sample(random.Random(1), closed, "Which colour is the bicycle painted?", [1], ["red"], None)
    assert sample is not None
    assert sample.right == ()
    assert all("bicycle" not in window.words for window in sample.windows)


def test_questions_about_another_memory_have_no_answer_here(maker: Maker, closed: Closed) -> None:
    known, foreign = "Where is the red bicycle?", "Who sold Anselm the red horse?"
    (sample,) = maker.foreign(random.Random(1), closed, [known, foreign], 20)
    assert sample is not None
    assert "Anselm" in sample.asked.words
    assert sample.right == ()


def test_answers_are_compared_by_their_words() -> None:
    assert bare_words("The Old Mill.") == ["old", "mill"]
    assert bare_words("the") == ["the"]
    assert bare_words("12 %") == ["12", "%"]


def test_a_hidden_word_is_asked_for() -> None:
    text = "Nothing to ask here. The bridge over the river Tamar was opened by Isambard Brunel in 1859."
    found = hidden(random.Random(3), text)
    assert found is not None
    question, answer, (start, end) = found
    assert answer in text[start:end]
    assert answer not in question


def test_passages_end_with_sentences() -> None:
    text = "Title\n" + "One line that is\nwrapped, as books have it. " * 60
    pieces = list(cut(text))
    assert len(pieces) > 1
    assert all(context == "Title\n" for context, _ in pieces)
    assert all(piece.startswith("One") and piece.endswith("it.") and "\n" not in piece for _, piece in pieces)
    assert " ".join(piece for _, piece in pieces) == ("One line that is wrapped, as books have it. " * 60).strip()


def samples(maker: Maker, closed: Closed) -> list[Sample]:
    asked = [
        ("Which colour is the boat painted?", [0], ["green"]), ("Which colour is the bicycle painted?", [1], ["red"]),
        ("Which colour is the kitchen painted?", [2], ["yellow"]), ("When was the house built?", [2], ["1911"]),
        ("At which pier does the boat lie in winter?", [0], ["pier 14", "14"]), ("Who built the house?", [], []),
        ("What is the price of the bicycle?", [], []), ("What is the frame number of the bicycle?", [1], ["WX-2201"]),
    ]  # fmt: skip
    found = [maker.sample(random.Random(2), closed, q, gold, answers, None) for q, gold, answers in asked]
    return [sample for sample in found if sample is not None]


@pytest.mark.usefixtures("whole")
def test_a_loss_is_the_share_of_what_is_right(maker: Maker, closed: Closed) -> None:
    made, words = samples(maker, closed), Words(maker.meanings)
    vocabulary, width = maker.meanings.table.shape
    batch = words.batch([(s.asked, s.windows) for s in made])
    scores = Reader(vocabulary, width, size=32).eval().requires_grad_(False)(batch)
    wanted, row = [], 0
    for sample in made:
        own = scores[row : row + len(sample.windows)]
        row += len(sample.windows)
        runs = torch.stack([own[w, i, n - 1] for w, i, n in sample.right]).exp().sum() if sample.right else 1.0
        wanted.append(-torch.log(runs / (1.0 + own.flatten().exp().sum())))
    assert float(loss_of(scores, batch, made)) == pytest.approx(float(torch.stack(wanted).mean()), rel=1e-4)


@pytest.mark.usefixtures("whole")
def test_a_reader_learns_its_samples(maker: Maker, closed: Closed, tmp_path: Path) -> None:
    made, words = samples(maker, closed), Words(maker.meanings)
    run = Timed(lambda: small_reader(maker.meanings), tmp_path / "state", 3 * RATE)
    batch = words.batch([(s.asked, s.windows) for s in made])
    before = float(loss_of(run.mean(batch), batch, made).detach())
    learning = lessons(words, made, run.step)
    while run.step < 30:
        run.learn(next(learning), 0.0)
    after = float(loss_of(run.own.eval()(batch), batch, made).detach())
    assert after < 0.7 * before
    report = trust(words, run.mean, maker.fitted, made)
    assert len(report.weights) == 3
    assert "refused" in report.report


@pytest.mark.usefixtures("whole")
def test_a_reader_goes_on_learning(maker: Maker, closed: Closed, tmp_path: Path) -> None:
    """The shipped one: `python -m engine.training answer --further`."""
    made, words = samples(maker, closed), Words(maker.meanings)
    run = Timed(lambda: Reads.load(TINY / READER, maker.meanings).reader.requires_grad_(), tmp_path / "state", RATE)
    begun = {name: value.clone() for name, value in run.own.state_dict().items()}
    first = next(lessons(words, made, 0))
    assert run.learn(first, 0.0) < 20.0
    assert any(not torch.equal(value, begun[name]) for name, value in run.own.state_dict().items())


@pytest.mark.usefixtures("whole")
def test_a_batch_comes_again_for_the_same_step(maker: Maker, closed: Closed, monkeypatch: pytest.MonkeyPatch) -> None:
    made, words = samples(maker, closed), Words(maker.meanings)
    monkeypatch.setattr("engine.training.reading.BATCH", 2)
    seen: list[list[str]] = []
    monkeypatch.setattr(
        "engine.training.reading.loss_of", lambda *given: seen.append([s.asked.words[-2] for s in given[2]])
    )

    def read(step: int, count: int) -> list[list[str]]:
        seen.clear()
        for loss in islice(lessons(words, made, step), count):
            loss(small_reader(maker.meanings))
        return seen.copy()

    whole = read(0, 10)
    assert read(6, 4) == whole[6:]
    assert sorted(map(str, whole[:4])) != sorted(map(str, whole[4:8])), "each time through, other batches"


def test_thresholds() -> None:
    shown = [(0.9, True), (0.8, False), (0.7, True), (0.1, False)]
    assert precise(shown, 0.6) == 0.7
    assert precise(shown, 1.0) == 0.9
    assert precise([(0.5, False)], 0.5) == 1.0


def test_both_classes_count_alike() -> None:
    seen = torch.tensor([[2.0]] * 30 + [[-2.0]] * 2)
    weight, bias = logistic(seen, torch.tensor([True] * 30 + [False] * 2))
    assert weight > 0.5
    assert abs(bias) < 0.2
