"""Things that are told one here, one there, where all of them are asked for: "Which instruments does Theo play?"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.answering.evidence.sentences import Scored
from engine.answering.evidence.whose import who_is_asked_of
from engine.answering.questions.question import Question
from engine.answering.questions.things import Things
from engine.answering.texts.talk import Talk
from engine.answering.words.grammar import LONGEST, ROLE
from engine.answering.words.stems import plain, stem, stems_of
from engine.library import Passage

LEAST, MOST = 2, 6  # things: more are told by chance
LOOKED_AT = 60  # best sentences
_TITLED = re.compile(
    r"\b(?:what|which)\b(?: \w+){0,2}? (?:books|novels|songs|films|movies|series|albums|plays|poems|stories|titles)\b",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"[\"“«]([A-Z][^\"”»\n]{1,60}?)[.,]?[\"”»]|(?<!\w)['‘]([A-Z][^'’\n]{1,60}?)[.,]?['’](?!\w)|(?<!\*)\*([A-Z][^*\n]{1,60})\*(?!:)"
)
_SAID = re.compile(
    r"\b(?:sa(?:id|ys?|ying)|tells?|told|ask(?:s|ed)?|wrote|shout(?:s|ed)?|cried|replied|like|that)\W*\Z", re.I
)
_DENIED = re.compile(r"\b(?:not|never|no|nor|neither|nothing|without|instead|used to|gave up|quit)\b|n['’]t\b", re.I)
_ANOTHERS = re.compile(rf"\b(?:my|his|her|our|their) (?:\w+ )?(?:{ROLE}|(?:girl|boy)?friend)s?\b", re.I)
_OWNER = re.compile(r"\b(\w+)['’]s \w")
_PLURAL = re.compile(r"\b[a-z]+[^\Ws]s\b|\bwildlife\b", re.IGNORECASE)
_WORDS = 8  # of a title at most
_ONLY_HAS = frozenset(
    map(stem, "have had do did own play like enjoy kind type different various all keep year month time".split())
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Things, as texts write them, and the sentence of each, by the date of their documents."""

    things: tuple[str, ...]
    sentences: tuple[Scored, ...]


def gathered(
    question: Question, found: Sequence[Scored], passages: Mapping[int, Passage], weights: Mapping[str, float]
) -> Gathered | None:
    """What the best sentences tell of such things of whom is asked; None where another kind of question is asked, or
    too few or too many are told."""
    if not question.asks_all or question.asks_now or question.asks_before:
        return None
    things = question.kind.looks if question.kind is not None and isinstance(question.kind.looks, Things) else None
    if not _asks_for_several(question) if things is not None else _TITLED.search(question.text[:LONGEST]) is None:
        return None
    talks = {number: Talk.of(passage.text, passage.writers) for number, passage in passages.items()}
    me = next((passage.me for passage in passages.values()), ()) if question.asks_of_me else ()
    of = who_is_asked_of(question, talks.values(), me)
    asked = {s for s in weights if s not in question.names | question.kind_stems | _ONLY_HAS}
    told = dict[str, tuple[str, Scored]]()
    for sentence in found[:LOOKED_AT]:
        if sentence.text.rstrip().endswith("?") or _DENIED.search(sentence.says) is not None:
            continue
        if not _is_of(question, of, sentence, talks[sentence.document]):
            continue
        if asked and asked.isdisjoint(sentence.near | sentence.hinted):
            continue
        for one in _in(sentence.says, things):
            if question.kind_stems.isdisjoint((key := stem(one),)) and key not in question.stems:
                told.setdefault(key, (one, sentence))
    if not LEAST <= len(told) <= MOST or len({sentence.document for _, sentence in told.values()}) < LEAST:
        return None
    ordered = sorted(
        told.values(), key=lambda one: (passages[one[1].document].date or "", one[1].document, one[1].start)
    )
    return Gathered(tuple(one for one, _ in ordered), tuple(dict.fromkeys(sentence for _, sentence in ordered)))


def _asks_for_several(question: Question) -> bool:
    return any(stem(word) == question.focus for word in _PLURAL.findall(question.text[:LONGEST]))


def _in(text: str, things: Things | None) -> Iterator[str]:
    if things is not None:
        yield from (things.bare(match.group()) for match in things.finditer(text))
        return
    for match in _TITLE.finditer(text):
        title = next(group for group in match.groups() if group)
        if len(title.split()) <= _WORDS and _SAID.search(text, 0, match.start()) is None:
            yield title


def _is_of(question: Question, of: str | None, sentence: Scored, talk: Talk) -> bool:
    """Whether a sentence tells of one who is asked of: in a talk what they say, of nobody near them; elsewhere what
    stands beside their name."""
    if _ANOTHERS.search(sentence.says) is not None:
        return False
    if (turn := talk.turn(sentence.start)) is not None:
        of_i, of_you = talk.speaks_of(sentence.start, sentence.end)
        if of is not None:
            return turn.speaker.startswith(of) and not (of_you and not of_i)
        return not question.asks_of_me and not question.names.isdisjoint(stems_of(sentence.says))
    if question.asks_of_me or not question.names:
        return question.asks_of_me
    owned = {stem(plain(match.group(1).lower())) for match in _OWNER.finditer(sentence.says)}
    return not question.names.isdisjoint(set(stems_of(sentence.says)) - owned)
