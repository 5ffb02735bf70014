"""Yes or no, where a sentence plainly says so: "No" of "Pets are not allowed", "Yes" of "Breakfast is included".

Words alone decide, so most sentences decide nothing: what is asked must be said in the question's own words, by what
stands between two marks of punctuation, and what denies must stand right before it or with its verb.
"""

from __future__ import annotations

import re

from engine.answering.evidence.leave import (
    ASKED,
    asks_if_safe,
    asks_leave,
    forbids,
    granted,
    harms,
    is_hedged,
    is_of_body,
    is_qualified,
    lets,
)
from engine.answering.questions.question import Question, said
from engine.answering.texts.naming import CAPITAL
from engine.answering.words.grammar import LONGEST, MONTHS, WEEKDAYS
from engine.answering.words.related import hints, known, themselves
from engine.answering.words.stems import STOP, stem, stems_of
from engine.answering.words.verbs import VERBS, tells_to

DENIES = re.compile(r"\b(?:not|never|no|none|neither|nor|without|except)\b|n['’]t\b", re.I)
_ANSWERED = re.compile(r"\W*(yes|no)\b(?=\W)(?! [a-z]|\.? ?\d)", re.I)  # "No. It takes a lock that ..."
_PART = re.compile(r"(?<![,;()!?–—])[,;()!?–—]++(?=\s)|\.\s|\s-\s|\b(?:but|however|although|though)\b")
_IS = r"(?:is|are|was|were|be|been|stays?|remains?|all|now|[a-z]+ly)"
_DENIES = re.compile(
    r"\b(?:not|never|nobody|nothing|cannot|neither|nowhere|unable|hardly)\b|n['’]t\b|\bnon-(?=\w)"
    r"|\b(?:forbid\w*|forbade|prohibit\w*|ban(?:s|ned)|disallow\w*|refus(?:e[sd]?|al)|den(?:y|ies|ied)|declin(?:e[sd]?|ing)"
    r"|reject(?:s|ed)?|cancel\w*|exclud(?:e[sd]?|ing)|avoid|fail(?:s|ed)?|g[ai]ve up|given up"
    rf"|too (?:old|late|small|young)|sold out|{_IS} (?:closed|gone|extra|against)|costs? extra|charged extra"
    r"|extra (?:charge|cost|fee)|(?:voted|decided|advised|spoke) against)\b",
    re.I,
)
_CONTRARY = (  # what denies one thing that is asked, and no other: "closed Mondays", "breakfast extra"
    (
        stem("open"),
        re.compile(r"\bclos(?:es|ed|ing)\b(?! (?:at|to|by)\b|,? ?\d)|\bwill close\b(?! (?:at|to|by)\b)", re.I),
    ),
    (stem("included"), re.compile(r"\bextra\b", re.I)),
)
_MAY_DENY = re.compile(r"\b(?:closed|gone|extra|against)\b", re.I)
_AT_NO_COST = re.compile(r"\b(?:no|without|free of) (?:extra|additional|further)(?: \w+)?", re.I)
_NONE = re.compile(r"\b(?:no|without|nor) (\w+(?: \w+)?)", re.I)
_GRANTS = re.compile(
    r"\b(?:yes|allow(?:s|ed)?|permit(?:s|ted)?|included?s?|including|cover(?:s|ed)?|accept(?:s|ed)?|welcome|approved|confirmed|tolerated"
    r"|agreed|carried|fine|ok|okay|granted|passed|possible|free|let|may|can|could)\b",
    re.I,
)
_OPEN = re.compile(
    r"\b(?:if|whether|ask(?:s|ed|ing)?|may(?:be)?|might|should|would|perhaps|hope(?:s|d)?|plan(?:s|ned)?|ha(?:ve|s) to"
    r"|forg[eo]t\w*|want(?:s|ed)?|promis\w+|supposed|going to|must|please|remind\w*|tr(?:y|ies|ied) to|meant to"
    r"|need to|remember to|to ?do|tomorrow|except|unless|only|until)\b|\[ \]",
    re.I,
)
_COMPARES = re.compile(r"\b(?:both|either|or|same|more|less|than|older|younger|all|every|ever|still|yet)\b", re.I)
_DID = re.compile(r"\W*did (.+)", re.I)
_PAST = {  # of verbs that are so common that they do not count as words
    "get": "got", "go": "went", "take": "took", "make": "made", "have": "had", "do": "did", "come": "came",
    "give": "gave", "put": "put", "use": "used",
}  # fmt: skip
_DIGITS = re.compile(r"(?<!\d)(?!(?:19|20)\d\d\b)\d+")
_KNOWN = frozenset(stem(word.lower()) for word in (*MONTHS, *WEEKDAYS, *STOP))  # with a capital, and no other's name
_RECORD = re.compile(r"\w: [^;\n]+(?:;|\n)\s*\w+: ")  # "name: Marius Bosman; town: Wells"
LEAST = 2  # things that a sentence must have for a yes


def verdict(question: Question, sentence: str, near: frozenset[str], covered: frozenset[str]) -> str | None:
    """ "Yes" or "No"; None where it is not plain. near, covered: the question's stems in the sentence or around it, and
    in itself."""
    text = _AT_NO_COST.sub(" ", said(sentence[:LONGEST]))
    focus = question.focus if question.focus not in ASKED else None
    if not question.names - ASKED <= near or (focus is not None and focus not in near):
        return None
    if text.rstrip().endswith("?") or _COMPARES.search(question.text):
        return None
    if asks_leave(question):
        return _of_leave(question, text, near, covered)
    if (first := _ANSWERED.match(text)) is not None:
        return first.group(1).capitalize()
    done = [s for s in question.stems if s in VERBS]
    things = {s for s in question.stems if s not in VERBS}
    if _says_it(question, text, things, near, covered):
        return "Yes"
    for part in _PART.split(text):
        words = known(stems_of(part), question.stems)
        told = themselves(words) | hints(words)
        if _is_of_others(question, part, words) or _OPEN.search(part):
            continue
        spoken_of = things - question.names or things
        is_about = question.focus in told or spoken_of <= told
        if not is_about and not (near.issuperset(things) and not spoken_of.isdisjoint(words)):
            continue
        so, denied = _denied(question, part)
        if denied:
            if covered & _modifiers(question) - told:  # of charcoal: "electric is tolerated" stands beside it
                continue
            return "No" if is_about and so is not False else None
        grants = _GRANTS.search(question.text) is not None and _GRANTS.search(part) is not None
        is_done = done and told.issuperset(done) and not _is_still_to_do(question, part)
        if near.issuperset(things) and (so or (so is None and (grants or is_done))):
            return "Yes"
    return None


def _of_leave(question: Question, text: str, near: frozenset[str], covered: frozenset[str]) -> str | None:
    """Of a question whether something may be done, or is safe. A yes takes one part of a sentence that allows it and
    has all that is asked; what it lacks may stand around the sentence, but not in its other parts, and not where
    somebody would swallow it."""
    things = {s for s in question.stems if s not in VERBS and s not in ASKED}
    harm = harms(text)
    if harm is None or _ANSWERED.match(text) is not None or not things <= near:
        return None
    names = [match.group() for match in _NAME.finditer(text)]
    if is_of_body(question) and (first := _FIRST.match(text)) is not None:
        names.append(first.group(1))  # "Tom is allergic to peanuts" tells of Tom
    others = [name for name in names if stem(name.lower()) not in _KNOWN.union(question.stems)]
    if harm:
        is_plain = things - question.names <= covered and not others and not is_hedged(text)
        return "No" if asks_if_safe(question) and is_plain else None
    says_yes = False
    for part in _PART.split(text):
        words = known(stems_of(part), question.stems)
        told = themselves(words) | hints(words)
        if _is_of_others(question, part, words) or (_OPEN.search(granted(part)) and not forbids(part)):
            continue
        so, denied = _denied(question, part)
        modifiers = _modifiers(question) - VERBS
        spoken_of = things - question.names or things
        if denied or forbids(part):
            if covered & modifiers - told:  # of charcoal: "electric is tolerated" stands beside it
                continue
            is_about = question.focus in told or spoken_of <= told
            return "No" if is_about and so is not False and not is_qualified(part) else None
        if is_hedged(part) or (
            is_of_body(question) and set(_DIGITS.findall(part)) - set(_DIGITS.findall(question.text))
        ):
            continue
        elsewhere = (things - told) & covered
        needed = spoken_of if is_of_body(question) or question.focus not in things else {question.focus}
        is_whole = needed <= told and not elsewhere
        is_of_kind = bool(modifiers) and modifiers <= told and things <= covered
        if so or (so is None and (is_whole or is_of_kind) and lets(question, part)):
            says_yes = True
    return "Yes" if says_yes and not others else None


def _is_still_to_do(question: Question, part: str) -> bool:
    """Of a question whether something was done: a part that only tells to do it."""
    return _DID.match(question.text) is not None and tells_to(part)


def _says_it(question: Question, text: str, things: set[str], near: frozenset[str], covered: frozenset[str]) -> bool:
    """Whether all that is asked of stands in one sentence that denies and leaves open nothing: "a dental nurse", or a
    row with a name and a town; one thing of three may stand beside it, and only a row may lack what is done."""
    missing = things - covered
    so, denied = _denied(question, text)
    told = covered | hints(known(stems_of(text), question.stems))
    done = [s for s in question.stems if s in VERBS]
    is_told = (told.issuperset(done) and _is_done(question, text)) or _RECORD.search(text) is not None
    is_open = _OPEN.search(text) is not None or _is_still_to_do(question, text)
    is_plain = so is None and not denied and not is_open and not _is_of_others(question, text, covered)
    return len(things) >= LEAST and missing <= near and 3 * len(missing) <= len(things) and is_told and is_plain


def _is_done(question: Question, text: str) -> bool:
    """Whether a sentence has the common verb of a question: "Did I take the inlay?" is not told by a line that names
    one."""
    asked = _DID.match(question.text)
    words = asked.group(1).lower().split() if asked is not None else []
    past = [_PAST[word] for word in words if word in _PAST][:1]
    return not past or re.search(rf"\b{past[0]}\b", text, re.I) is not None


def _modifiers(question: Question) -> frozenset[str]:
    """Stems of the word right before the thing asked of: electric of an electric grill."""
    pairs = zip(question.words, question.words[1:], question.stems, question.stems[1:], strict=False)
    text = question.text.lower()
    return frozenset(
        first for word, next_, first, second in pairs if second == question.focus and f"{word} {next_}" in text
    )


def _denied(question: Question, part: str) -> tuple[bool | None, bool]:
    """Of a question that asks for a denial ("Is the shop closed?"): whether the part says it; None of another. And
    whether it denies beside that: "no fires" of fires, not "no lead" of a pipe."""
    asked = {_word(match) for match in _DENIES.finditer(question.text)} - {"not", "n't"}
    may_be_asked = asked | {_word(match) for match in _MAY_DENY.finditer(question.text)}
    forms = (_DENIES, *(form for one, form in _CONTRARY if one in question.stems))
    said_so = [_word(match) for form in forms for match in form.finditer(part)]
    rest = [word for word in said_so if word not in may_be_asked]
    none = (stems_of(match.group(1)) for match in _NONE.finditer(part))
    denied = bool(rest) or any(not set(question.stems).isdisjoint(words) for words in none)
    so = True if len(rest) < len(said_so) else False if asked else None
    return so, denied


def _word(denying: re.Match[str]) -> str:
    """What it denies by: "close" of "is closed"."""
    return stem(denying.group().lower().split()[-1].replace("’", "'"))


def _is_of_others(question: Question, part: str, words: frozenset[str]) -> bool:
    """Whether a part of a sentence is of another name than the question's: of its sister, of another day or town."""
    names = {match.group(1).lower() for match in _OWNER.finditer(part)}
    if any(stem(name) in question.names for name in names):
        return True
    others = [match.group() for match in _NAME.finditer(part) if stem(match.group().lower()) not in question.stems]
    return bool(others) and bool(question.names) and question.names.isdisjoint(words)


_OWNER = re.compile(rf"(?<![\w’'])([{CAPITAL}][\w-]+)['’]s\b")
_NAME = re.compile(rf"(?<=[\w,;:] )[{CAPITAL}][\w-]+")
_FIRST = re.compile(rf"\W*([{CAPITAL}][\w-]+)")
