"""What a reader looks at, what it says of it, and how far it is believed; meanings, which it reads with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rare import asked_of as quoting_of
from safetensors.torch import save_file

import engine
from engine.answering.evidence.meaning import Meanings
from engine.answering.evidence.sentences import FEATURES, OLDER, score_sentences, term_weights
from engine.answering.questions.question import Question
from engine.answering.quoting import LEFT_OPEN, Quoting
from engine.answering.reading.reader import NEVER, READER, Reader, Reading, Reads, Words
from engine.answering.reading.windows import MARKS, SENTENCE, Asked, Window, asked_of, who_does, window_of
from engine.answering.sureness import SIGNS
from engine.config import ConfigError
from engine.interleave import Hop
from engine.library import Passage
from engine.policy import Policy
from engine.session import fingerprint
from engine.tokenizer import MemoryTokenizer
from engine.training.quoting import spans
from engine.weights import load
from ingest.sentences import sentences

TINY = Path(engine.__path__[0]) / "checkpoints" / "twin-tiny"
TEXT = (
    "We went to the harbour first. The dentist is at Wharf Street 4, near the bridge. Her number is 031-390 06 70.\n"
    "Anna paid 20,400 SEK on 12 March 2024."
)


@pytest.fixture(scope="module")
def meanings() -> Meanings:
    model = load(TINY, device="cpu", dtype=torch.float32)
    return Meanings(model, MemoryTokenizer(TINY / "tokenizer.json"))


@pytest.fixture(scope="module")
def random_reader(meanings: Meanings) -> Reader:
    torch.manual_seed(0)
    vocabulary, width = meanings.table.shape
    return Reader(vocabulary, width, size=32).eval()


TRUST = (0.5, 0.8, 0.0)
NOTHING = (0.0,) * 5  # of what is missing, of being nested, and no bias


def windows(text: str, asked: str, context: str = "") -> tuple[Asked, list[Window]]:
    """Of every sentence of a passage, in the order of the text."""
    question = Question.of(asked)
    passage = Passage(1, context, text, spans(text))
    weights = term_weights(question, {})
    scored = sorted(score_sentences(question, weights, [passage], {1: 1.0}), key=lambda s: s.start)
    return asked_of(question, weights), [window_of(question, weights, passage, one) for one in scored]


def marked(window: Window, name: str) -> list[str]:
    bit = 1 << MARKS.index(name)
    return [word for word, marks in zip(window.words, window.marks, strict=True) if marks & bit]


def test_a_window_is_a_sentence_and_what_stands_around_it() -> None:
    _, found = windows(TEXT, "Where is the dentist?", "health.md > Teeth\n")
    one = found[1]
    assert " ".join(one.words[one.first : one.last]) == "The dentist is at Wharf Street 4 , near the bridge ."
    assert [TEXT[a:b] for a, b in one.places] == list(one.words[one.first : one.last])
    assert one.words[:4] == ("health.md", ">", "Teeth", "We")
    assert one.words[one.last :][:3] == ("Her", "number", "is")
    assert marked(one, "repeats") == ["dentist"]
    assert marked(one, "context") == ["health.md", ">", "Teeth"]
    assert "4" in marked(one, "digit")
    assert {"Wharf", "Street"} <= set(marked(one, "capital"))
    assert marked(one, "inside") == list(one.words[one.first : one.last])


def test_answers_of_the_kind_asked_for_are_marked() -> None:
    _, found = windows(TEXT, "How much did Anna pay?")
    assert marked(found[3], "kind") == ["20,400", "SEK"]
    assert not marked(found[0], "kind")


def test_long_sentences_are_cut() -> None:
    _, (one,) = windows("word " * 500, "Which word?")
    assert one.last - one.first == SENTENCE


def test_only_runs_inside_the_sentence_may_answer(meanings: Meanings) -> None:
    asked, found = windows(TEXT, "Where is the dentist?", "health.md\n")
    allowed = Words(meanings).batch([(asked, found)]).allowed
    for row, one in enumerate(found):
        for word, size in allowed[row].nonzero().tolist():
            run = one.words[word : word + size + 1]
            assert one.first <= word
            assert word + size < one.last
            assert run[0][-1].isalnum()
            assert run[-1][-1].isalnum()
    runs = {" ".join(found[1].words[w : w + n + 1]) for w, n in allowed[1].nonzero().tolist()}
    assert {"Wharf Street 4", "The dentist", "bridge"} <= runs


@torch.inference_mode()
def test_a_window_reads_the_same_beside_others(meanings: Meanings, random_reader: Reader) -> None:
    words = Words(meanings)
    first, second = (
        windows(TEXT, "Where is the dentist?"),
        windows("Short. " + "long words " * 20, "How long are they?"),
    )
    together = random_reader(words.batch([first, second]))
    alone = random_reader(words.batch([(first[0], first[1][1:2])]))
    wide = alone.shape[1]
    assert torch.allclose(together[1:2, :wide], alone, atol=1e-3)
    assert (together[1:2, wide:] == NEVER).all()


def test_a_sentence_without_words_is_read_as_nothing(meanings: Meanings, random_reader: Reader) -> None:
    asked, found = windows("---\nThe key is blue.", "Which colour is the key?")
    nothing, something = Reads(random_reader, meanings)(asked, found)
    assert (nothing.logit, nothing.share) == (NEVER, 0.0)
    assert something.logit > NEVER / 2
    assert 0.0 < something.share <= 1.0


def test_a_reader_of_another_checkpoint_is_refused(meanings: Meanings, tmp_path: Path) -> None:
    path = tmp_path / READER
    path.write_bytes(b"no reader")
    with pytest.raises(ConfigError, match=str(path)):
        Reads.load(path, meanings)
    other = Reader(50, 16, size=32)
    save_file({name: value.contiguous() for name, value in other.state_dict().items()}, path)
    with pytest.raises(ConfigError, match="no reader of this checkpoint"):
        Reads.load(path, meanings)


def test_banks_do_not_depend_on_the_reader(tmp_path: Path) -> None:
    for path in TINY.iterdir():
        if path.name != READER:
            (tmp_path / path.name).symlink_to(path)
    assert fingerprint(tmp_path) == fingerprint(TINY)


class Rare:
    """A library of which only the rarity of words is asked."""

    def rarity(self, words: Sequence[str]) -> dict[str, float]:
        return dict.fromkeys(words, 3.0)


def quoting(meanings: Meanings, asked: str, text: str, policy: Policy) -> Quoting:
    passage = Passage(1, "", text, spans(text))
    held = Quoting(asked, Rare(), policy, meanings, Reads.load(TINY / READER, meanings))  # type: ignore[arg-type]
    held.following([Hop(1, [(1, 1.0)], (passage,), "", {1: 1.0})])
    return held


def test_the_newest_of_all_hops_counts_as_new(meanings: Meanings) -> None:
    """A later hop opens an old document alone: what the first opened is newer still."""
    new = Passage(1, "", "The gate has code 4417.", [(0, 23)], "2025-01-01")
    old = Passage(2, "", "The code of the gate is 1983.", [(0, 29)], "2019-01-01")
    held = Quoting("What is the code of the gate now?", Rare(), Policy(max_hops=9), meanings)  # type: ignore[arg-type]
    hops = [Hop(1, [(1, 1.0)], (new,), "", {1: 1.0}), Hop(2, [(2, 1.0)], (old,), "", {2: 1.0})]
    held.following(hops[:1])
    held.following(hops)
    recent = FEATURES.index("recent")
    assert {s.document: s.features[recent] for s in held.found} == {1: 1.0, 2: 0.5 * OLDER}
    assert held.found[0].document == 1


@pytest.mark.parametrize(
    ("asked", "short"),
    [
        ("Where is the dentist?", "Wharf Street"),
        ("How much did Anna pay?", "20,400 SEK"),
        ("When did Anna pay?", "12 March 2024"),
        ("Did Anna pay?", "Yes"),
        ("Did Peter pay?", ""),
    ],
)
def test_the_shipped_reader_finds_short_answers(meanings: Meanings, asked: str, short: str) -> None:
    held = quoting(meanings, asked, TEXT, Policy(answer="quote", max_hops=1, reader_weights=TRUST))
    quoted = held.chosen()
    assert quoted is not None
    found, likely = held.span(quoted)
    assert short in found
    assert bool(found) == bool(short) == (likely > 0.0)


def test_a_run_without_a_word_of_its_own_is_none(meanings: Meanings) -> None:
    text = "I handle your claim; its number is C-250423-77."
    held = quoting(meanings, "Who handles the claim?", text, Policy(reader_weights=TRUST))
    quoted = held.chosen()
    assert quoted is not None
    place = (quoted.sentences[0].document, quoted.sentences[0].start)
    held.hearing.readings[place] = Reading(3.0, 0, 1, 0.9)
    assert held.span(quoted) == ("", 0.0), "I"
    held.hearing.readings[place] = Reading(3.0, text.index("claim"), text.index(";"), 0.9)
    assert held.span(quoted)[0] == "claim"


def test_the_reader_has_a_word_in_the_choice_of_the_sentence(meanings: Meanings) -> None:
    """Two sentences alike by their words: with its word the one that it finds an answer in comes first."""
    text = "The dentist of Anna was Ruth Berg. The dentist of Anna is Petra Holm."
    chosen = {}
    for weight in (0.0, 2.0):
        policy = Policy(answer="quote", max_hops=1, reader_weights=TRUST, choosing_weight=weight)
        held = quoting(meanings, "Who is the dentist of Anna?", text, policy)
        first = held.found[0].start
        held.hearing.read(held.found, held.passages)
        other = next(s for s in held.found if s.start != first)
        held.hearing.readings[1, first] = replace(held.hearing.readings[1, first], logit=-5.0)
        held.hearing.readings[1, other.start] = replace(held.hearing.readings[1, other.start], logit=5.0)
        quoted = held.chosen()
        assert quoted is not None
        chosen[weight] = quoted.sentences[0].start == first
    assert chosen == {0.0: True, 2.0: False}


def test_the_reader_is_surer_where_the_answer_stands(meanings: Meanings) -> None:
    policy = Policy(answer="quote", max_hops=1, reader_weights=TRUST)
    there = quoting(meanings, "What is the phone number of the dentist?", TEXT, policy).chosen()
    gone = TEXT.replace("Her number is 031-390 06 70.", "She is kind to children.")
    missing = quoting(meanings, "What is the phone number of the dentist?", gone, policy).chosen()
    assert there is not None
    assert missing is not None
    assert there.score > missing.score


def test_the_longer_a_question_the_less_of_it_has_to_be_met(meanings: Meanings) -> None:
    """Weights of their own say how sure an answer is; how sure the short answer in it is, stays as it was."""
    asked = "What is the phone number of the dentist?"
    scores, likely = list[float](), list[float]()
    for weights in ((), (0.3, 0.3, 0.0, *NOTHING), (0.3, 0.3, 0.3, *NOTHING)):
        policy = Policy(answer="quote", max_hops=1, reader_weights=TRUST, grounded_weights=weights)
        held = quoting(meanings, asked, TEXT, policy)
        quoted = held.chosen()
        assert quoted is not None
        scores.append(quoted.score)
        likely.append(held.span(quoted)[1])
    assert len(set(scores)) == 3
    assert scores[2] > scores[1]
    assert len(set(likely)) == 1


def test_a_thing_that_is_missing_makes_an_answer_less_sure_than_a_verb(meanings: Meanings) -> None:
    scores = {}
    for asked in ("Who pulled the teeth of the dentist?", "Who pulled the number of the dentist?"):
        for lacking in (0.0, -1.0):
            weights = (0.3, 0.3, 0.3, lacking, *NOTHING[1:])
            policy = Policy(answer="quote", max_hops=1, reader_weights=TRUST, grounded_weights=weights)
            quoted = quoting(meanings, asked, "The dentist has a number. Anna came.", policy).chosen()
            assert quoted is not None
            scores[asked, lacking] = quoted.score
        assert (scores[asked, -1.0] < scores[asked, 0.0]) is ("teeth" in asked)


@pytest.mark.parametrize(
    ("asked", "text", "share"),
    [
        ("Does Anna have a brother?", "Anna has a number. She came by bus.", LEFT_OPEN),
        ("Does Anna have a number?", "Anna has a number. She came by bus.", 1.0),
        ("What is Anna's brother?", "Anna has a number. She came by bus.", 1.0),  # the signs have their say
        ("Is it safe to eat peanuts?", "Peanuts are fine.", 1.0),  # a plain yes
    ],
)
def test_whether_there_is_a_thing_that_nobody_tells_of(asked: str, text: str, share: float, meanings: Meanings) -> None:
    policy = Policy(answer="quote", max_hops=1, reader_weights=TRUST, grounded_weights=(0.0,) * (len(SIGNS) + 1))
    quoted = quoting(meanings, asked, text, policy).chosen()
    assert quoted is not None
    assert quoted.score == pytest.approx(0.5 * share)


def test_nested_questions_need_less_and_others_the_kind_that_is_asked_for(meanings: Meanings) -> None:
    scores = {}
    for asked in ("Where is the clinic that Anna chose?", "When did the clinic open?"):
        for no_kind, nested in ((0.0, 0.0), (-1.0, 0.0), (0.0, 1.0)):
            weights = (0.3, 0.3, 0.3, 0.0, no_kind, 0.0, nested, 0.0)
            policy = Policy(answer="quote", max_hops=1, reader_weights=TRUST, grounded_weights=weights)
            quoted = quoting(meanings, asked, "The clinic has a number, and it is in Ghent.", policy).chosen()
            assert quoted is not None
            scores[asked, no_kind, nested] = quoted.score
        assert (scores[asked, -1.0, 0.0] < scores[asked, 0.0, 0.0]) is asked.startswith("When")
        assert (scores[asked, 0.0, 1.0] > scores[asked, 0.0, 0.0]) is asked.startswith("Where")


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


def test_a_short_answer_over_two_lines_of_an_answered_mail_is_without_their_marks(meanings: Meanings) -> None:
    text = "> Good morning, yesterday evening my bicycle was stolen in front of the\n> library, a green tourer."
    passage = Passage(1, "", text, list(sentences(text)))
    policy = Policy(answer="quote", max_hops=1, reader_weights=TRUST)
    asked, reads = "Where was my bicycle stolen?", Reads.load(TINY / READER, meanings)
    held = Quoting(asked, Rare(), policy, meanings, reads)  # type: ignore[arg-type]
    held.following([Hop(1, [(1, 1.0)], (passage,), "", {1: 1.0})])
    quoted = held.chosen()
    assert quoted is not None
    short = held.span(quoted)[0]
    assert " ".join(short.split()) in ("front of the library", "in front of the library")


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("the trombone , and I practise too", [4]),
        ("they'll marry in June", [0]),
        ("When I took the bus , she cried", [1, 6]),
        ("a record , She Loves You , of Henry I", []),
        ("It leaks . It leaks", [0, 3]),
    ],
)
def test_pronouns_that_do_something_are_no_part_of_a_name_for_a_thing(words: str, places: list[int]) -> None:
    assert list(who_does(words.split())) == places


def test_a_run_of_an_answer_holds_no_pronoun_unless_a_clause_is_asked_for() -> None:
    text = "I took the accordion because I have the arms of it."

    def run(question: str) -> str:
        quoting = quoting_of(question, [text])
        quoted = quoting.chosen()
        assert quoted is not None
        return quoting.run(quoted.sentences[0])

    assert not {"I", "it"} & set(run("Which instrument did I take?").split())
    assert "it" in run("Why did I take the accordion?").split()
