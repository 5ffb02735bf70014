"""Batches: the same for a seed and step, gold where the answer stands, hops with what was opened, IDs by chance."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from small_run import key_text, prepared_run

from engine.tokenizer import MemoryTokenizer
from engine.training.batches import GENERATED, QUESTION_CHARACTERS, Batch, BatchMaker, Corpus

Prepared = tuple[Path, MemoryTokenizer]
ALL = {"notes": 2.0, "wikipedia-passages": 1.0, "squad11-train": 4.0, "hotpotqa-train": 2.0, GENERATED: 3.0}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepared_run(tmp_path_factory.mktemp("prepared"))


def maker(prepared: Prepared, corpora: dict[str, float], seed: int = 1, max_tokens: int = 900) -> BatchMaker:
    folder, tokenizer = prepared
    return BatchMaker(
        Corpus(folder, corpora), tokenizer, documents=12, group=4, max_tokens=max_tokens, top_k=4, hops=1.0, seed=seed
    )


def same(one: Batch, other: Batch) -> bool:
    return all(torch.equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(Batch))


def document_texts(batch: Batch, tokenizer: MemoryTokenizer) -> dict[int, str]:
    """ID -> text of every document, in the batch's order."""
    found = {}
    for row, length in zip(batch.documents, batch.document_lengths, strict=True):
        written = tokenizer.decode(row[:length].tolist())
        match = re.fullmatch(r"<\|im_start\|>\[(\d+)\]\. (.*)\[\1\]<\|im_end\|>", written, flags=re.S)
        assert match, written
        found[int(match[1])] = match[2]
    assert len(found) == len(batch.documents)  # no ID twice
    return found


def prompt_and_response(batch: Batch, row: int, tokenizer: MemoryTokenizer) -> tuple[str, str]:
    tokens, prompt, length = (
        batch.questions[row].tolist(),
        int(batch.prompt_lengths[row]),
        int(batch.question_lengths[row]),
    )
    assert not any(tokens[length:])
    return tokenizer.decode(tokens[:prompt]), tokenizer.decode(tokens[prompt:length])


def test_the_seed_and_the_step_decide(prepared: Prepared) -> None:
    first, again, other = maker(prepared, ALL), maker(prepared, ALL), maker(prepared, ALL, seed=2)
    again.make(0)  # what was drawn before does not matter
    for step in range(3):
        assert same(first.make(step), again.make(step))
        assert not torch.equal(first.make(step).documents, other.make(step).documents)
    assert not torch.equal(first.make(0).documents, first.make(1).documents)


def test_shapes_and_masks(prepared: Prepared) -> None:
    for step in range(6):
        batch = maker(prepared, ALL).make(step)
        count, asked = len(batch.documents), len(batch.questions)
        assert count >= 12
        assert 0 < asked <= 12
        assert batch.positive.shape == batch.ignored.shape == (asked, count)
        assert batch.positive.any(dim=1).all()
        assert not (batch.positive & batch.ignored).any()
        assert (~batch.positive & ~batch.ignored).any(dim=1).all()
        assert (batch.prompt_lengths < batch.question_lengths).all()
        assert batch.routes.shape == batch.questions.shape
        steps = torch.arange(batch.questions.shape[1])
        assert not batch.routes[steps[None] >= batch.prompt_lengths[:, None] - 1].any()  # nor the mark before the IDs


def test_written_ids_are_those_of_the_positive_documents(prepared: Prepared) -> None:
    _, tokenizer = prepared
    for step in range(4):
        batch = maker(prepared, ALL).make(step)
        numbers = list(document_texts(batch, tokenizer))
        for row in range(len(batch.questions)):
            _, response = prompt_and_response(batch, row, tokenizer)
            assert re.fullmatch(r"(\[\d+\])+<\|object_ref_end\|>", response)
            written = [int(number) for number in re.findall(r"\d+", response)]
            assert sorted(written) == sorted(numbers[at] for at in batch.positive[row].nonzero().flatten().tolist())


def test_the_positive_document_holds_the_answer(prepared: Prepared) -> None:
    _, tokenizer = prepared
    seen = 0
    for step in range(4):
        batch = maker(prepared, {"squad11-train": 1.0}).make(step)
        texts = list(document_texts(batch, tokenizer).values())
        for row in range(len(batch.questions)):
            prompt, _ = prompt_and_response(batch, row, tokenizer)
            asked = re.search(r"Where hangs the key of room (\d+)\?", prompt)
            assert asked
            [at] = batch.positive[row].nonzero().flatten().tolist()
            assert key_text(int(asked[1])).rpartition(". ")[2] in texts[at]
            assert not batch.ignored[row].any()
            seen += 1
    assert seen > 20


def test_plain_text_is_asked_about_its_own_passage(prepared: Prepared) -> None:
    _, tokenizer = prepared
    batch = maker(prepared, {"notes": 1.0, "wikipedia-passages": 1.0}).make(0)
    texts = list(document_texts(batch, tokenizer).values())
    assert (batch.positive.sum(dim=1) == 1).all()
    shared = []
    for row in range(len(batch.questions)):
        prompt, _ = prompt_and_response(batch, row, tokenizer)
        words = set(re.findall(r"[a-z]+", prompt.partition("information\n\n")[2].partition("\nPlease")[0].lower()))
        [at] = batch.positive[row].nonzero().flatten().tolist()
        shared.append(bool(words & set(re.findall(r"[a-z]+", texts[at].lower()))))
    assert sum(shared) >= 0.8 * len(shared)  # a hidden sentence may share none


def test_later_hops_show_and_route_by_what_was_opened(prepared: Prepared) -> None:
    _, tokenizer = prepared
    hops = 0
    for step in range(8):
        batch = maker(prepared, {GENERATED: 1.0}).make(step)
        texts = document_texts(batch, tokenizer)
        numbers = list(texts)
        for row in range(len(batch.questions)):
            prompt, _ = prompt_and_response(batch, row, tokenizer)
            opened = [int(number) for number in re.findall(r"\[(\d+)\]<\|object_ref_end\|>", prompt)]
            aside = {numbers[at] for at in batch.ignored[row].nonzero().flatten().tolist()}
            assert set(opened) <= aside
            routing = tokenizer.decode(batch.questions[row][batch.routes[row]].tolist())
            for number in opened:
                assert f"[{number}]. {texts[number]}" in prompt
                assert (f"[{number}]. {texts[number]}" in routing) == (number == opened[-1])
            assert "Please answer the question" in routing
            assert "<|" not in routing
            hops += bool(opened)
    assert hops >= 3


def test_ids_are_drawn_anew_each_step(prepared: Prepared) -> None:
    _, tokenizer = prepared
    one = maker(prepared, {"squad11-train": 1.0})
    drawn = [list(document_texts(one.make(step), tokenizer)) for step in range(12)]
    assert len({number for numbers in drawn for number in numbers}) > 0.9 * sum(map(len, drawn))
    assert {len(str(max(numbers))) for numbers in drawn} >= {3, 4, 5}
    assert max(max(numbers) for numbers in drawn) < 10**6


def test_long_documents_are_cut_and_closed(prepared: Prepared) -> None:
    _, tokenizer = prepared
    batch = maker(prepared, ALL, max_tokens=40).make(0)
    assert int(batch.document_lengths.max()) == 40
    for row, length in zip(batch.documents, batch.document_lengths, strict=True):
        assert row[0] == tokenizer.im_start
        assert row[length - 1] == tokenizer.im_end
        assert not row[length:].any()


def test_long_questions_are_cut(prepared: Prepared, tmp_path: Path) -> None:
    line = '{"documents": [["", "a text"], ["", "more"]], "questions": [["' + "why " * 200 + '", [1]]]}\n'
    (tmp_path / "talk.jsonl").write_text(line, encoding="utf-8")
    batch = maker((tmp_path, prepared[1]), {"talk": 1.0}).make(0)
    prompt, _ = prompt_and_response(batch, 0, prepared[1])
    assert prompt.count("why") == QUESTION_CHARACTERS // 4


def test_sets_that_were_not_prepared_are_left_out(prepared: Prepared, capsys: pytest.CaptureFixture[str]) -> None:
    folder, _ = prepared
    (folder / "empty.jsonl").touch()
    corpus = Corpus(folder, {"books": 9.0, "notes": 1.0, "empty": 1.0, GENERATED: 2.0})
    assert corpus.weights == {"notes": 1.0, GENERATED: 2.0}
    assert "left out: books, empty" in capsys.readouterr().err
    with pytest.raises(FileNotFoundError, match=r"engine\.training prepare"):
        Corpus(folder, {"books": 9.0})


def test_nothing_is_said_when_all_is_there(prepared: Prepared, capsys: pytest.CaptureFixture[str]) -> None:
    assert Corpus(prepared[0], ALL).weights == ALL
    assert capsys.readouterr().err == ""
