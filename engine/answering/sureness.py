"""How sure it is that the best sentence answers at all: ten things that an answer shows, and a weight each.

The weights were fitted on 3,141 questions about 44 memories, of which 720 have no answer there (docs/log.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.answering.evidence.sentences import FEATURES, Scored, lasting
from engine.answering.evidence.verdict import verdict
from engine.answering.evidence.whose import Whose
from engine.answering.questions.question import Question
from engine.answering.words.verbs import thing_missing

SIGNS = (
    "sentence",  # its logit, without what it has for being news
    "reader",  # logit of its finding an answer in any of the best sentences
    "words",  # of the question that count: shares of a long one are seldom whole
    "thing",  # weight of the heaviest thing asked of that is not around the sentence, against the heaviest word
    "no_kind",  # an answer of some kind is expected, and is not there
    "missing",  # weight of the rarest word that is nowhere around, against the rarest asked
    "nested",  # the question names something by what is said of it, so that no one sentence has its words
    "anothers",  # in a talk, it is said of another than the one who is asked of (answering.evidence.whose)
    "told_of_another",  # and how much more of the question is, than of that one
    "unsaid",  # nothing shown says it in a way in which such a thing is said (answering.evidence.saying)
)
LONG = 12  # words of a question at most
UNMET = -6.0  # at most, where no word of the question is near the sentence
FAINT = -3.0  # a reader that finds nothing in any sentence counts half below this: it knows no logs and no tables


def signs(
    sentence: Scored,
    asked: Mapping[str, float],
    any_run: float,
    is_nested: bool,
    of: Whose,
    unsaid: bool,
    fitted: Sequence[float],
) -> tuple[float, ...]:
    """Values of SIGNS. asked: weights of the question's words. any_run: of the reader."""
    features = dict(zip(FEATURES, sentence.features, strict=True))
    if asked.keys().isdisjoint(sentence.near | sentence.hinted):  # there a reader takes anybody for who did it
        any_run = min(any_run, UNMET)
    return (
        lasting(sentence, fitted),
        max(any_run, 0.5 * (any_run + FAINT)),
        min(len(asked), LONG),
        thing_missing(sentence.near, sentence.hinted, asked),
        features["no_kind"],
        features["missing"],
        float(is_nested),
        of.is_anothers,
        of.told_of_another,
        float(unsaid),
    )


def leaves_open(question: Question, best: Scored, values: Sequence[float]) -> bool:
    """Whether it is asked if something is so, no sentence says yes or no, and the heaviest word, a thing, is nowhere
    around the best one. values: of SIGNS."""
    seen = dict(zip(SIGNS, values, strict=False))
    is_untold = question.is_yes_no and min(seen["thing"], seen["missing"]) >= 1.0
    return is_untold and verdict(question, best.text, best.near, best.covered) is None


def sureness(weights: Sequence[float], values: Sequence[float]) -> float:
    """Logit. weights: of SIGNS, then the bias (engine.training.sureness fits them)."""
    return sum(weight * value for weight, value in zip(weights, values, strict=False)) + weights[-1]
