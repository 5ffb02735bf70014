"""Who says what in a chat, a transcript or an interview: lines that begin with a name and a colon. And in a mail: who
wrote it.

What a speaker says of "I" and "my" is said of the speaker, and of "you", where two talk, of the other. Questions
have the names: "When did Owen hit the deer?" asks for "I hit a deer."
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.answering.texts.mine import Mine, is_me, mine_in
from engine.answering.words.grammar import MONTH, WEEKDAY

_CLOCK = r"\[?\d{1,2}[:.]\d\d(?::\d\d)?(?: ?[ap]m)?\]?(?: [-–])?"
_NAME = r"[^\W\d_]\w*(?:[ .’'-]+\w+){0,3}\.?"
_PICTURE = r"(?: ?[\u2600-\u27bf\ufe0f\u200d\U0001f1e6-\U0001faff]+)?"  # emoji behind a name
_TIME = r",?(?: at)?[ T]\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]m)?\]?(?: -)?"
STAMP = rf"\W?\d{{1,4}}[/.-]\d{{1,2}}[/.-]\d{{1,4}}{_TIME}"
_WRITTEN = (  # 8 May 2023, 19:42
    rf"\W?(?:\d{{1,2}} {MONTH}\.?|{MONTH}\.? \d{{1,2}}|today|yesterday)(?:,? \d{{4}})?{_TIME}"
)
# What stands before a line's words: a stamp, or a name with a time of day. A time of day alone may be one that is told.
BEFORE = rf"(?:{STAMP}|{_NAME} \({_CLOCK}\):(?=[ \t]))"
_WHEN = rf"(?:(?P<stamp>{STAMP}|{_WRITTEN})|{_CLOCK}(?=[ \t]))?[ \t]*"
_TURN = re.compile(
    rf"^(?:(?P<teller>{_NAME}) (?:said|says|wrote|writes|replied|asked)[,:]? (?=[\"“«])|{_WHEN}(?:"
    rf"(?P<bold>\*\*|__)?(?P<who>{_NAME}){_PICTURE}(?P<clock> \({_CLOCK}\))?"
    rf"(?(bold)(?::(?P=bold)|(?P=bold)(?: \({_CLOCK}\))? ?:)|:)(?=[ \t])"
    r"|<(?P<nick>[^<>\s][^<>\n]{0,30})>(?=[ \t])"
    rf"|(?P<above>{_NAME})(?: ?:|(?:[ \t]+|[ \t]*[-–—,|][ \t]*)(?:{STAMP}|{_WRITTEN}|{_CLOCK}))[ \t]*\r?\n(?=\S)))",
    re.MULTILINE | re.IGNORECASE,
)
MINE = 0.2  # share of the turns of a talk between people that have an "I" or a "you"
_SPEAKS = re.compile(r"\b(?:[Ii]|[Mm][ey]|[Yy]ours?|[Yy]ou)\b|\?")
_ITEM = re.compile(r"\s*(?:[-*•+]|\d+[.)]) ")
_NOBODY = re.compile(
    rf"{WEEKDAY}|(?:this )?(?:morning|afternoon|evening|night|noon)|today|yesterday"
    r"|tomorrow|home|work|school|verse|chorus|pros|cons",
    re.IGNORECASE,
)
_LEAST = 0.5  # of the lines that begin a turn
_LEVELS = frozenset("trace debug info notice warn warning error fatal critical".split())  # a log speaks of nobody
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_FIRST = frozenset("i me my mine myself".split())
_WRITES_FOR_OTHERS = frozenset("chatgpt assistant".split())
_SECOND = frozenset("you your yours yourself".split())
_PLURAL = frozenset("we us our ours ourselves".split())


@dataclass(frozen=True, slots=True)
class Turn:
    """What one says until another does: text[start:end], its words from `said` on."""

    start: int
    said: int
    end: int
    speaker: str


@dataclass(frozen=True, slots=True)
class Talk:
    """The turns of a text, in order; none where it is no talk. Then `writers` says who wrote what begins where."""

    turns: tuple[Turn, ...]
    text: str = ""
    writers: tuple[tuple[int, str], ...] = ()

    @classmethod
    def of(cls, text: str, writers: Sequence[tuple[int, str]] = ()) -> Talk:
        turns = _turns(text)
        return Talk(turns, text, () if turns else tuple(writers))

    @property
    def is_of_people(self) -> bool:
        """Whether those who talk speak of themselves and each other: in every fifth turn stands an "I" or a "you"."""
        own = sum(any(self.speaks_of(turn.start, turn.end)) for turn in self.turns)
        return bool(self.turns) and own >= MINE * len(self.turns)

    @property
    def is_of_two(self) -> bool:
        return len({turn.speaker for turn in self.turns}) == 2

    def number(self, at: int) -> int:
        """Of the turn in which a place of the text lies, from 1; 0 before the first."""
        return bisect_right(self.turns, at, key=lambda turn: turn.start)

    def turn(self, at: int) -> Turn | None:
        number = self.number(at)
        return self.turns[number - 1] if number else None

    def said(self, start: int, end: int) -> int:
        """Where in a sentence that what is said begins, behind who says it and when."""
        turn = self.turn(start)
        return min(max(start, turn.said), end) if turn is not None else start

    def speaker(self, at: int) -> str | None:
        """Who says what stands at a place of the text; None where nobody knows, as of a quoted line of a mail."""
        if (turn := self.turn(at)) is not None:
            return turn.speaker
        number = bisect_right(self.writers, at, key=lambda writer: writer[0])
        line = self.text.rfind("\n", 0, at) + 1
        if not number or self.text.startswith(">", line):
            return None
        return self.writers[number - 1][1] or None

    def going_on(self, at: int) -> list[Turn]:
        """The turn in which a place lies, and the next one of its speaker."""
        number = self.number(at)
        if not number:
            return []
        own = self.turns[number - 1]
        return [own, *[turn for turn in self.turns[number:] if turn.speaker == own.speaker][:1]]

    def meant(self, word: str, at: int) -> str | None:
        """Whom "I" or "you" at a place of the text stands for; None for any other word, and where more than two talk
        for "you"."""
        low = bare(word)
        if low in _FIRST:
            return self.speaker(at)
        if low not in _SECOND or (turn := self.turn(at)) is None:
            return None
        others = {one.speaker for one in self.turns} - {turn.speaker}
        return others.pop() if len(others) == 1 else None

    def named(self, word: str, at: int) -> str:
        """A word at a place of the text, or the first name it stands for."""
        name = self.meant(word, at)
        return name.split()[0] if name and name.strip() else word

    def people(self, start: int, end: int) -> str:
        """Names of those of whom a sentence of the text tells without saying so: its speaker, and who is "you"; of a
        mail's writer those with "I" tell."""
        turn = self.turn(start)
        found = {turn.speaker: None} if turn is not None else dict[str, None]()
        for word in _WORD.finditer(self.text, start, end):
            if (name := self.meant(word.group(), start)) is not None:
                found[name] = None
        return " ".join(found)

    def speaks_of(self, start: int, end: int) -> tuple[bool, bool]:
        """Whether what is said in a sentence of the text is of "I" or "we", and of "you"."""
        words = {bare(word.group()) for word in _WORD.finditer(self.text, self.said(start, end), end)}
        return not words.isdisjoint(_FIRST | _PLURAL), not words.isdisjoint(_SECOND)

    def is_of_others(self, start: int, end: int, said: bool, me: Sequence[str], mine: Mine | None = None) -> bool:
        """Whether a sentence is somebody else's of themselves: it has an "I" that is none of `me`, or, where what was
        said is asked for, is another's; and does not speak of or to `me`. mine: what is asked of, by "my"."""
        speaker = self.speaker(start)
        if not me or speaker is None or is_me(speaker, me) or speaker.casefold() in _WRITES_FOR_OTHERS:
            return False
        words = {bare(word.group()) for word in _WORD.finditer(self.text, start, end)}
        if not words.isdisjoint(_SECOND) or not words.isdisjoint(
            part for name in me for part in name.casefold().split()
        ):
            return False
        if said or mine is None or not mine.is_somebody:
            return said or not words.isdisjoint(_FIRST)
        return self.has_such(mine, start, end)

    def has_such(self, mine: Mine, start: int, end: int) -> bool:
        """Whether who says a sentence has spoken of such a one as theirs, in it or before it in the same breath: "My
        brother Anton. He pays ..."."""
        turn = self.turn(start)
        text = self.text[turn.said if turn is not None else start : end]
        return any(not mine.stems.isdisjoint(one.stems) for one in mine_in(text))


def bare(word: str) -> str:
    """I of I'm."""
    return re.split("['’]", word.casefold())[0]


@lru_cache(maxsize=256)
def _turns(text: str) -> tuple[Turn, ...]:
    found = [match for match in _TURN.finditer(text) if _who(match).lower() not in _LEVELS]
    ends = [match.start() for match in found[1:]] + [len(text)]
    found = [m for m, end in zip(found, ends, strict=False) if m["above"] is None or text[m.end() : end].strip()]
    ends = [match.start() for match in found[1:]] + [len(text)]
    lines = sum(1 for line in text.splitlines() if line.strip())
    often = Counter(who for match in found if (who := _who(match))[0].isupper())
    stamped = sum(match["stamp"] is not None or match["clock"] is not None for match in found)
    above = Counter(who for match in found if (who := match["above"]) is not None)  # then every turn has a line more
    is_above = 2 * above.total() > len(found)
    if is_above and not _are_people(above, [text[m.end() : end] for m, end in zip(found, ends, strict=False)]):
        return ()
    if len(found) * (1 + is_above) < _LEAST * lines or not (stamped or any(n > 1 for n in often.values())):
        return ()
    return tuple(Turn(m.start(), m.end(), end, _who(m)) for m, end in zip(found, ends, strict=False))


def _are_people(names: Counter[str], said: Sequence[str]) -> bool:
    """Whether what stands above words are names of people who talk, and no headings of a list, days or times of day."""
    times = sum(n > 1 and _NOBODY.fullmatch(name) is None for name, n in names.items())
    own = sum(_SPEAKS.search(words) is not None for words in said)
    return times > 0 and own >= MINE * len(said) and not any(_ITEM.match(words) for words in said)


def _who(match: re.Match[str]) -> str:
    found: str = match["who"] or match["nick"] or match["teller"] or match["above"]
    return found
