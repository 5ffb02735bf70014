"""Yes or no, where a sentence plainly says so: "No" of "Pets are not allowed", "Yes" of "Breakfast is included".

Words alone decide, so most sentences decide nothing: what is asked must be said in the question's own words, by what
stands between two marks of punctuation, and what denies must stand right before it or with its verb.
"""

from __future__ import annotations

import re

from engine.answering.question import Question, said
from engine.answering.related import hints, known, themselves
from engine.answering.stems import stems_of
from engine.answering.verbs import VERBS

_ANSWERED = re.compile(r"\W*(yes|no)\b(?=\W)(?! [a-z])", re.I)  # "No. It takes a lock that ..."
_PART = re.compile(r"[,;()!?–—]+(?=\s)|\.\s|\s-\s|\b(?:but|however|although|though)\b")
_DENIES = re.compile(
    r"\b(?:not|never|nobody|nothing|cannot|neither|nowhere|unable|hardly)\b|n['’]t\b"
    r"|\b(?:forbid\w*|forbade|prohibit\w*|ban(?:s|ned)|disallow\w*|refus(?:e[sd]?|al)|den(?:y|ies|ied)|declin(?:e[sd]?|ing)"
    r"|reject(?:s|ed)?|cancel\w*|clos(?:e[sd]?|ing)|exclud(?:e[sd]?|ing)|avoid|fail(?:s|ed)?|g[ai]ve up|given up"
    r"|against|gone|too (?:old|late|small|young)|sold out|extra|instead)\b",
    re.I,
)
_NONE = re.compile(r"\b(?:no|without|nor) (\w+(?: \w+)?)", re.I)
_GRANTS = re.compile(
    r"\b(?:yes|allowed|permitted|included?s?|including|accept(?:s|ed)?|welcome|approved|confirmed|agreed|carried|fine|ok|okay"
    r"|granted|passed|possible|free)\b",
    re.I,
)
_OPEN = re.compile(
    r"\b(?:if|whether|ask(?:s|ed|ing)?|may(?:be)?|might|should|would|perhaps|hope(?:s|d)?|plan(?:s|ned)?)\b", re.I
)
_COMPARES = re.compile(r"\b(?:both|either|or|same|more|less|than|older|younger|all|every|ever|still|yet)\b", re.I)

LEAST = 2  # things that a row must have for a yes


def verdict(question: Question, sentence: str, near: frozenset[str], covered: frozenset[str]) -> str | None:
    """ "Yes" or "No"; None where it is not plain. near, covered: the question's stems in the sentence or around it, and
    in itself."""
    text = said(sentence)
    if not question.names <= near or (question.focus is not None and question.focus not in near):
        return None
    if text.rstrip().endswith("?") or _COMPARES.search(question.text):
        return None
    if (first := _ANSWERED.match(text)) is not None:
        return first.group(1).capitalize()
    done = [s for s in question.stems if s in VERBS]
    things = {s for s in question.stems if s not in VERBS}
    is_told_around = near.issuperset(things)
    asked_so = {match.group().lower() for match in _DENIES.finditer(question.text)}
    if _says_it(question, text, things, near, covered):
        return "Yes"
    for part in _PART.split(text):
        words = known(stems_of(part), question.stems)
        about = question.focus in words or (is_told_around and not things.isdisjoint(words))
        if not about or _OPEN.search(part):
            continue
        denied = _denied(question, part)
        if denied and not asked_so:
            return "No"
        told = themselves(words) | hints(words)
        granted = _GRANTS.search(part) is not None or (done and told.issuperset(done))
        if asked_so:
            granted = not asked_so.isdisjoint(match.group().lower() for match in _DENIES.finditer(part))
        if granted and is_told_around and denied == bool(asked_so):
            return "Yes"
    return None


def _says_it(question: Question, text: str, things: set[str], near: frozenset[str], covered: frozenset[str]) -> bool:
    """Whether all things that are asked of stand in one sentence that denies and leaves open nothing: "wasp stings", or
    a row with a name and a town; one of three may stand beside it."""
    missing = things - covered
    is_plain = not _denied(question, text) and not _OPEN.search(text) and not _DENIES.search(question.text)
    return len(things) >= LEAST and missing <= near and 3 * len(missing) <= len(things) and is_plain


def _denied(question: Question, part: str) -> bool:
    """Whether a part of a sentence says that it is not so: "no fires" of fires, not "no lead" of a pipe."""
    none = (stems_of(match.group(1)) for match in _NONE.finditer(part))
    return any(not set(question.stems).isdisjoint(words) for words in none) or _DENIES.search(part) is not None
