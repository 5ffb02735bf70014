"""What a question asks for: the words that matter, and the kind of answer it expects."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.answering.focus import LONGEST, focus_of
from engine.answering.stems import STOP, WORD, plain, stem, stems_of
from engine.answering.talk import STAMP
from engine.answering.times import Time, times_in

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NUMBER_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety|hundred|thousand|million|dozen|half|twice|once)"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of answer: what asks for it, and what it looks like."""

    name: str
    asked: re.Pattern[str]
    looks: re.Pattern[str]


def _kind(name: str, asked: str, looks: str, *, case: bool = False) -> Kind:
    return Kind(name, re.compile(asked, re.I), re.compile(looks, 0 if case else re.I))


_UNIT = (
    r"(?:%|[$€£]|(?:per ?cent|degrees?|million|kg|g|km|cm|mm?|l|litres?|gb|mb|kr|kronor|sek|eur|euros?|usd|gbp"
    r"|pounds?)\b)"
)
_MEASURE = rf"(?!(?:\s|>)*{_UNIT})"  # 3.15 per cent is no day and no time of day
_DATE = (
    rf"\b{_MONTH}\b|\b(?:1[0-9]|20)\d\d\b|\b\d{{1,2}}/\d{{1,2}}\b|\b\d{{1,2}}(?:st|nd|rd|th)\b"
    rf"|\b(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\b{_MEASURE}"
)
_HOUR = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_CLOCK = (
    rf"\b(?:[01]?\d|2[0-4])(?::[0-5]\d\b|\.[0-5]\d\b{_MEASURE})|\b\d{{1,2}} ?[ap]\.?m\b|o'clock|\b(?:noon|midnight)\b"
    rf"|\bhalf past\b|\bat {_HOUR}\b"
)
_WEEKDAY = r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b"
KINDS: tuple[Kind, ...] = (  # the one asked for first in the question counts; of two at one place, the first here
    _kind("email", r"(?:\be-?mail(?: address)?|\bmail address)\b(?!.*\b(say|said|about|mention))", r"\S+@\S+\.\w+"),
    _kind("phone", r"\b(phone|telephone|mobile)\b.*\bnumber|\bnumber\b.*\b(call|dial|reach)\b"
          r"|\b(call|dial|reach)\b.*\bnumber|\bphone\b", r"\+?\d[\d\s()/.-]{5,}\d"),
    _kind("code", r"\b(code|serial|confirmation|booking|reference|policy|licen[cs]e|frame|account|registration|model"
          r"|passport|claim|order|invoice|version|pin|password|iban)\b.*\b(number|code|no\.?|version|pin|reference)\b"
          r"|\b(number|code|version|pin|serial|iban|password)\b.*\b(of|for|on|to)\b|\bwhich (code|version|shelf)\b",
          r"\b(?=\w*\d)[\w/.-]{2,}\b|\bversion \w"),
    _kind("address", r"\baddress\b",
          rf"\b(?!{_MONTH}\b)[^\W\d]\w+ \d+\b"
          rf"|\b\d+[a-z]?,? (?!{_MONTH}\b)[^\W\d]\w{{3,}} (?:street|road|lane|square|row|loan|avenue|way|place)"),
    _kind("money", r"\bhow much\b.*\b(cost|costs|pay|paid|price|rent|owe|charge|charged|fee|spend|spent|worth|deposit"
          r"|earn|make|save|bill|budget|amount|total|money)\b"
          r"|\bhow much (?:is|was|are|were) (?:the|an?|my|our|it|that)\b"
          r"|\bwhat (?:did|do|does|will)\b.*\b(?:cost|pay|owe|earn|charge)\b"
          r"|\b(price|cost|rent|fee|deposit|premium|salary|budget|deductible|total"
          r"|bill)\b", r"[$€£¥]\s?\d|\b\d[\d.,\s]*(?:euros?|eur|dollars?|usd|pounds?|gbp|kr|kronor|sek|cents?)\b"
          r"|\b(?:eur|usd|gbp|sek|chf)\s?\d|\b\d+[.,]\d\d\b"),
    _kind("clock", r"\b(what|which) time\b|\bhow early\b|\bhow late\b", _CLOCK),
    _kind("weekday", r"\b(what|which) (day|days|weekday|weekdays)\b(?! of the month)", _WEEKDAY + "|" + _DATE),
    _kind("duration", r"\bhow long\b(?! ago)", rf"(?:\d|\b{_NUMBER_WORD}\b).{{0,12}}\b(?:second|minute|hour|day|night"
          r"|week|month|year|min|h|hrs?)s?\b"),
    _kind("time", r"\bwhen\b|\b(what|which) (date|year|month|week)\b|\bhow long ago\b|\bdeadline\b|\bbirthday\b|\bdue\b"
          r"|\bwhich dates\b", rf"{_DATE}|{_CLOCK}|{_WEEKDAY}|\b(?:today|tomorrow|yesterday|tonight)\b"
          r"|\b(?:next|last|this) (?:week|month|year|spring|summer|autumn|winter)\b"),
    _kind("number", r"\bhow (many|much|old|far|big|tall|high|large|heavy|often|fast|deep|wide|hot|warm|cold|strong)\b"
          r"|\b(percentage|size|temperature|dose|pressure|number|degrees|speed|weight|height|distance)\b",
          rf"\d|\b{_NUMBER_WORD}\b|\b(?:every|daily|weekly|monthly|yearly)\b"),
    _kind("person", r"\bwho(m|se)?\b|\b(what|which) (person|man|woman|doctor|author|actor|singer|band)\b|\bname\b"
          r"|\bcalled\b", rf"\b(?!(?i:{_MONTH}|\w+day)\b)[A-Z][\w’'-]+", case=True),
    _kind("place", r"\bwhere\b|\b(what|which) (city|town|place|country|street|hotel|venue|restaurant|room)\b",
          r"\b(?:in|at|on|to|from|near|behind|under|inside|into|by|opposite|next to|with)\b "
          r"(?:the |an? |our |my )?[“\"]?[\w-]+"
          r"|\b\d+ [A-Z]\w+|\b\w+ (?:house|hall|hotel|street|road|lane|square|inn|café|row)\b"),
    _kind("reason", r"\bwhy\b|\bhow come\b|\bwhat for\b|\breason\b",
          r"\b(?:because|since|so that|due to|as it|in order|to)\b"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    stems: tuple[str, ...]  # of the words that matter, each once, in order
    words: tuple[str, ...]  # the same, lower-cased, unstemmed
    names: frozenset[str]  # stems of its capitalised words and numbers
    kind: Kind | None
    kind_stems: frozenset[str]  # words that only say which kind is asked for: an answer of it covers them
    focus: str | None  # stem of the thing asked for: `code` in "What is the new door code of the container?"
    times: tuple[tuple[Time, frozenset[str]], ...] = ()  # that it names, with the stems of their words

    @classmethod
    def of(cls, text: str) -> Question:
        found: dict[str, str] = {}
        names: set[str] = set()
        matches = list(WORD.finditer(text))
        content = [m for m in matches if plain(m.group().lower()) not in STOP]
        for match in content or matches:
            word = plain(match.group().lower())
            found.setdefault(stem(word), word)
            if match.start() and (match.group()[0].isupper() or match.group()[0].isdigit()):
                names.add(stem(word))
        asked = [(m.start(), at, kind) for at, kind in enumerate(KINDS) if (m := kind.asked.search(text)) is not None]
        kind = min(asked)[2] if asked else None
        kind_stems = frozenset(found) & _KIND_STEMS if kind else frozenset[str]()
        times = tuple((time, frozenset(found).intersection(stems_of(text[slice(*time.at)]))) for time in times_in(text))
        return cls(text, tuple(found), tuple(found.values()), frozenset(names), kind, kind_stems, focus_of(text), times)

    def dated(self, date: str | None) -> frozenset[str]:
        """The stems that only say when, where a document is of that time."""
        return frozenset().union(*(stems for time, stems in self.times if date is not None and time.holds(date)))

    def timed(self, text: str) -> frozenset[str]:
        """The same for a text that names the time, however it writes it."""
        if not self.times:
            return frozenset()
        named = times_in(text)
        return frozenset().union(*(stems for time, stems in self.times if any(map(time.covers, named))))

    @property
    def is_yes_no(self) -> bool:
        return _YES_NO.match(self.text) is not None

    @property
    def is_nested(self) -> bool:
        """A thing is named by what is said of it ("the place Jonas recommended"): another document may say which."""
        text = self.text[:LONGEST]
        return len(text.split(maxsplit=3)) > 3 and any(pattern.search(text) for pattern in _NESTED)

    @property
    def asks_all(self) -> bool:
        """Several answers are asked for."""
        return _ALL.search(self.text[:LONGEST]) is not None

    @property
    def asks_now(self) -> bool:
        """How things are now is asked for."""
        return _NOW.search(self.text[:LONGEST]) is not None

    @property
    def asks_when(self) -> bool:
        """A day, a month or a year is asked for."""
        return self.kind is not None and self.kind.name == "time" and _WHEN.search(self.text[:LONGEST]) is not None

    @property
    def is_past(self) -> bool:
        """It is asked when something happened; not by when, nor since when."""
        return _PAST.search(self.text[:LONGEST]) is not None

    @property
    def asks_a_day(self) -> bool:
        """Nothing is asked for but what was at a time: "What happened on 3 May?"."""
        named = frozenset[str]().union(*(stems for _, stems in self.times))
        return bool(named) and named.issuperset(s for s in self.stems if s not in _EVENTS)

    def is_then(self, moment: str | None) -> bool:
        """Whether what was written at a moment is of a time that the question names."""
        return moment is not None and any(time.holds(moment) for time, _ in self.times)

    @property
    def is_specific(self) -> bool:
        """The kind of answer asked for is seldom met by chance."""
        return self.kind is not None and self.kind.name in _SPECIFIC

    def fits(self, run: str, behind: str = "") -> bool:
        """May a run of words be the short answer? Somebody's name is no number, and a sum of money has one; what stands
        behind it tells that 3.15 per cent is no time; nor are twelve months."""
        if self.kind is None:
            return True
        if self.asks_when:
            found = _NO_TIME.search(run + behind)
            return found is None or found.start() >= len(run)
        if _HOW_MANY.search(self.text[:LONGEST]):
            return re.search(rf"\d|\b{_NUMBER_WORD}\b", run, re.I) is not None
        words = [word.lower() for word in WORD.findall(run)]
        named = any(word not in STOP and word not in _SOMEBODY and not word[0].isdigit() for word in words)
        return named or self.kind.name not in ("person", "place")

    def expects(self, text: str) -> bool:
        """Does the text hold an answer of the kind asked for, beyond the question's own words? The stamp of a chat or
        log line is none."""
        if self.kind is None:
            return False
        text = said(text)
        return any(
            word not in STOP and stem(plain(word)) not in self.stems
            for match in self.kind.looks.finditer(text)
            for word in (m.group().lower() for m in WORD.finditer(match.group()))
        )


def said(text: str) -> str:
    """A line of a chat or log without the stamp before it."""
    return _STAMP.sub("", text)


_YES_NO = re.compile(
    r"\W*(?:and |so |but |well,? )?(?:do|does|did|is|are|was|were|am|has|have|had|can|could|may|might|will|would|should"
    r"|must)"
    r"(?:n't)? (?!you (?:tell|remind|say|know|give))",
    re.I,
)
_NESTED = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"\A\S+\s+\S+\s(?:.*?\s)??(?<!know )(?<!me )"
        r"(?:who|whom|whose|which|where|(?<!did )(?<!does )(?<!is )(?<!was )that)\b",
        r"(?:\bof\b|(?<!what)(?<!who)(?<!where)(?<!when)['’]s\b).*(?:\bof\b|['’]s\b)",
        r"\bthe (?:[\w-]+ )?(?!(?:of|in|on|at|for|to|from|with|by|about|and|does|do|did)\b)[\w-]+ "
        r"(?:I|we|you|he|she|they|my|our|(?-i:[A-Z])[\w-]+) [a-z]+",
        r"\bof (?:the|my|our|his|her) [\w-]+ (?:with|behind|opposite|next to)\b",
        r"\b\w+(?:ed|tten|wn) by\b",
        r"^\W*(?:when|where|why|how)\b.*\bof\b",
    )
)
_ALL = re.compile(
    r"^\W*(?:list|what are|who are|which are"
    r"|(?:what|which) (?!(?:is|was|does|has|this|class|bus)\b)(?:\w+ )?\w+[^\Ws]s)\b"
    r"|\ball the\b",
    re.I,
)
_NOW = re.compile(
    r"\b(?:now|current|currently|newest|latest|still|nowadays|today|these days|at the moment|since)\b"
    r"|^\W*+(?:\S++ ){0,4}new\b(?! (?:york|year|zealand|delhi|orleans|jersey))",
    re.I,
)
_WHEN = re.compile(r"\bwhen\b|\b(?:what|which) (?:dates?|day|month|year)\b", re.I)
_PAST = re.compile(
    r"(?<!by )(?<!till )(?<!until )(?<!since )\b(?:when|dates?|day|month|year)\s+(?:did|was|were|had|has|have)\b", re.I
)
_NO_TIME = re.compile(
    rf"(?<![\d:.,])(?<!every )(?<!in )(?<!after )(?<!within )(?:\d[\d.,]*|\b{_NUMBER_WORD}\b)(?:\s|>)*"
    rf"(?:{_UNIT}|(?:minute|hour|day|night|week|month|year)s?\b(?! (?:ago|before|after|later|earlier|from)\b))",
    re.I,
)
_HOW_MANY = re.compile(r"\bhow (?:many|much|old)\b", re.I)
_SOMEBODY = frozenset("somebody someone anybody anyone nobody everybody everyone".split())
_SPECIFIC = ("email", "phone", "code", "address", "money", "clock")
_STAMP = re.compile("^" + STAMP, re.M | re.I)
_KIND_WORDS = (
    "phone telephone mobile number call reach email mail address code time date day weekday year month price cost pay "
    "paid old often person place total amount"
)


_EVENTS = frozenset(stem(word) for word in "happen event day diary write wrote note done".split())
_KIND_STEMS = frozenset(stem(word) for word in _KIND_WORDS.split())
