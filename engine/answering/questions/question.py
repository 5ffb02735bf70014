"""What a question asks for: the words that matter, and the kind of answer it expects."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.answering.questions.focus import focus_of
from engine.answering.questions.kinds import KINDS, SPECIFIC, TIMED, Kind, kind_of
from engine.answering.texts.mine import Mine, mine_in
from engine.answering.texts.talk import BEFORE
from engine.answering.words.grammar import AUXILIARY, LONGEST, ROLE, SOMEBODY
from engine.answering.words.stems import STOP, WORD, plain, stem, stems_of
from engine.answering.words.times import Time, times_in
from engine.answering.words.verbs import VERBS


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
    def of(cls, text: str, kind: Kind | None = None) -> Question:
        """kind: of answer, where more is known of it than the text says."""
        found: dict[str, str] = {}
        names: set[str] = set()
        matches = list(WORD.finditer(text))
        content = [m for m in matches if plain(m.group().lower()) not in STOP]
        framing = {at for m in _FRAME.finditer(text[:LONGEST]) for at in range(*m.span())}
        said = [m for m in content if m.start() not in framing]
        for match in said or content or matches:
            word = plain(match.group().lower())
            found.setdefault(stem(word), word)
            if match.start() and (match.group()[0].isupper() or match.group()[0].isdigit()):
                names.add(stem(word))
        kind = kind or kind_of(text)
        kind_stems = frozenset(found) & _KIND_STEMS if kind else frozenset[str]()
        times = tuple((time, frozenset(found).intersection(stems_of(text[slice(*time.at)]))) for time in times_in(text))
        focus = focus_of(text)
        if kind is not None and kind.is_open:  # a wren is a bird
            kind_stems |= frozenset(found) & {focus, stem("breed")}
        return cls(text, tuple(found), tuple(found.values()), frozenset(names), kind, kind_stems, focus, times)

    def dated(self, date: str | None) -> frozenset[str]:
        """The stems that only say when, where a document is of that time."""
        return frozenset().union(*(stems for time, stems in self.times if date is not None and time.holds(date)))

    def timed(self, text: str) -> frozenset[str]:
        """The same for a text that names the time, however it writes it."""
        if not self.times:
            return frozenset()
        named = times_in(text)
        return frozenset().union(*(stems for time, stems in self.times if any(map(time.covers, named))))

    def elsewhen(self, text: str) -> frozenset[str]:
        """The stems of times that a text does not mean: March of "March 2024" where the one it names is of 2023."""
        if not self.times or _SPAN.search(self.text[:LONGEST]) is not None or len(named := times_in(text)) != 1:
            return frozenset()
        begin, end = named[0].at
        rest = frozenset(stems_of(f"{text[:begin]} {text[end:]}"))
        missed = (stems for time, stems in self.times if not time.covers(named[0]) and not named[0].covers(time))
        return frozenset().union(*(stems for stems in missed if stems.isdisjoint(rest)))

    @property
    def is_yes_no(self) -> bool:
        return _YES_NO.match(self.text) is not None

    @property
    def is_nested(self) -> bool:
        """A thing is named by what is said of it ("the place Jonas recommended"): another document may say which."""
        text = self.text[:LONGEST]
        return len(text.split(maxsplit=3)) > 3 and any(pattern.search(text) for pattern in _NESTED)

    @property
    def asks_of_somebody(self) -> bool:
        """Something is asked of one's own, or of somebody, that is named by what is said of it. Of other things, and
        where such a one is the answer ("Who was the girl that ..."), names in full lead astray (docs/log.md)."""
        text = self.text[:LONGEST]
        somebody = _DESCRIBED.search(text) is not None and not self.asks_who
        return self.is_nested and (somebody or _MINE.search(text) is not None)

    @property
    def asks_all(self) -> bool:
        """Several answers are asked for: "which trains did I take", not "which train leaves"."""
        text = self.text[:LONGEST]
        if (match := _ALL.search(text)) is None or (things := match["things"]) is None:
            return match is not None
        is_name = things[0].isupper() and things[1:].islower()
        does = things.lower() in _DOES or (match["thing"] is not None and stem(things.lower()) in VERBS)
        is_verb = does and _SUBJECT_NEXT.match(text, match.end()) is None
        return not is_name and not is_verb

    @property
    def asks_now(self) -> bool:
        """How things are now is asked for."""
        return _NOW.search(self.text[:LONGEST]) is not None

    @property
    def subjects(self) -> frozenset[str]:
        """Stems of the names that it is about: Felix in "Who is Felix's employer?" and "Where does Felix work?"."""
        found = (name for match in _SUBJECT.finditer(self.text[:LONGEST]) for name in match.groups() if name)
        return frozenset(stem(plain(name.lower())) for name in found) & self.names

    @property
    def asks_before(self) -> bool:
        """How things were before something changed is asked for."""
        return _BEFORE.search(self.text[:LONGEST]) is not None

    @property
    def asks_when(self) -> bool:
        """A day, a month or a year is asked for; not which days of the week."""
        is_day = self.kind is not None and self.kind.name == "weekday" and self.is_past
        is_time = is_day or (self.kind is not None and self.kind.name == "time")
        return is_time and _WHEN.search(self.text[:LONGEST]) is not None

    @property
    def is_past(self) -> bool:
        """It is asked when something happened; not by when, nor since when, nor for when it was planned."""
        return _PAST.search(self.text[:LONGEST]) is not None and _PLANNED.search(self.text[:LONGEST]) is None

    @property
    def asks_who(self) -> bool:
        """Somebody is asked for by "who"; not whose, nor a name."""
        return self.kind is not None and self.kind.name == "person" and _WHO.match(self.text) is not None

    @property
    def asks_who_said(self) -> bool:
        """Who is asked for said, wrote or proposed something."""
        return self.asks_who and _WHO_SAID.match(self.text) is not None

    @property
    def asks_a_clause(self) -> bool:
        """The answer may tell that somebody does something: a reason, a way, what was said or done, a title."""
        return _CLAUSE.search(self.text[:LONGEST]) is not None

    @property
    def asks_of_me(self) -> bool:
        """Whoever asks speaks of "I", or of what is theirs."""
        return _OF_ME.search(self.text[:LONGEST]) is not None

    @property
    def mine(self) -> Mine | None:
        """What is asked of as "my", where nothing is asked of "I"."""
        text = self.text[:LONGEST]
        return None if _OF_I.search(text) is not None else next(mine_in(text), None)

    @property
    def asks_what_i_said(self) -> bool:
        """Of what whoever asks has said, written or proposed."""
        return _WHAT_I_SAID.search(self.text[:LONGEST]) is not None

    @property
    def asks_a_day(self) -> bool:
        """Nothing is asked for but what was at a time: "What happened on 3 May?"."""
        named = frozenset[str]().union(*(stems for _, stems in self.times))
        return bool(named) and named.issuperset(s for s in self.stems if s not in _EVENTS)

    def is_then(self, moment: str | None) -> bool:
        """Whether what was written at a moment is of a time that the question names."""
        return moment is not None and any(time.holds(moment) for time, _ in self.times)

    def is_then_in(self, text: str) -> bool:
        """Whether a text names a time that the question names, or one within it."""
        return any(time.covers(named) for named in times_in(text) for time, _ in self.times)

    @property
    def is_specific(self) -> bool:
        """The kind of answer asked for is seldom met by chance."""
        return self.kind is not None and self.kind.name in SPECIFIC

    def lacks(self, text: str) -> bool:
        """A kind of answer is asked for that the text does not hold; of things nobody has listed all (Kind.is_open)."""
        return self.kind is not None and not self.kind.is_open and not self.expects(text)

    def expects(self, text: str) -> bool:
        """Does the text hold an answer of the kind asked for, beyond the question's own words? The stamp of a chat or
        log line is none."""
        if self.kind is None:
            return False
        text = _ENUMERATED.sub("", said(text))
        if self.kind.name == "leave":  # "not allowed" of "Are pets allowed?"
            return self.kind.looks.search(text) is not None
        if self.kind.name == "number" and _COUNTS.search(self.text[:LONGEST]) is not None:
            text = _without_times(text)
        if self.kind.name == "code" and _CODED.search(self.text[:LONGEST]) is not None:
            text = _CALLING.sub(" ", text)  # a telephone is no serial number
        counts = {"may"} if self.kind.name in TIMED else {"every", "each"} if self.kind.name == "frequency" else set()
        empty = STOP - counts
        return any(
            word not in empty and stem(plain(word)) not in self.stems
            for match in self.kind.looks.finditer(text)
            for word in (m.group().lower() for m in WORD.finditer(match.group()))
        )


def _without_times(text: str) -> str:
    """A text without its days and times of day, whose numbers count nothing."""
    for time in reversed(times_in(text)):
        text = f"{text[: time.at[0]]} {text[time.at[1] :]}"
    return _HOUR.sub(" ", text)


def said(text: str) -> str:
    """A line of a chat or log without the stamp before it."""
    return _STAMP.sub("", text)


_YES_NO = re.compile(
    rf"\W*(?:and |so |but |well,? )?(?:{AUXILIARY}|wo(?=n))(?:n?['’]t)? (?!you (?:tell|remind|say|know|give))",
    re.I,
)
_DESCRIBED = re.compile(rf"\b(?:person|one|whoever|{SOMEBODY})\b", re.I)
_MINE = re.compile(r"\b(?:I|my|me|we|our|us)\b", re.I)
_OF_A_ROLE = (
    r"(?:live|town|city|home|address|phone|mobile|number|ring|call|reach|e-?mail|birthday|born|employ\w*|work|job"
    r"|allerg\w+)"
)
_NESTED = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"\A\S+\s+\S+\s(?:.*?\s)??(?<!know )(?<!me )"
        r"(?:who|whom|whose|whoever|which|where|(?<!did )(?<!does )(?<!is )(?<!was )that)\b",
        r"(?:\bof\b|(?<!what)(?<!who)(?<!where)(?<!when)['’]s\b).*(?:\bof\b|['’]s\b)",
        r"\bthe (?:[\w-]+ )?(?!(?:of|in|on|at|for|to|from|with|by|about|and|does|do|did)\b)(?-i:[a-z])[\w-]* "
        r"(?:I|we|you|he|she|they|my|our|(?-i:[A-Z])[\w-]+) [a-z]+",
        r"\bof (?:the|my|our|his|her) [\w-]+ (?:with|behind|opposite|next to)\b",
        r"\b\w+(?:ed|tten|wn) by\b",
        rf"\b{_OF_A_ROLE}\b.*\b(?:my|our) (?:\w+ )?{ROLE}\b",
        rf"\b(?:my|our) (?:\w+ )?{ROLE}\b.*\b{_OF_A_ROLE}\b",
        r"^\W*(?:when|where|why|how)\b.*\bof\b",
    )
)
_AUX = rf"{AUXILIARY}\b"
_DOES = frozenset(
    "costs means comes goes makes says takes gives happens belongs causes keeps lies needs lives stands works"
    " hangs".split()
)
_ONE = "(?:this|its|his|class|bus|gas|lens|canvas|status)"
_SUBJECT_NEXT = re.compile(rf" ?(?:{_AUX}|(?:I|we|you|he|she|it|they)\b)", re.I)
_ALL = re.compile(
    r"^\W*(?:list|what are|who are|which are"
    rf"|(?:what|which) (?!{_AUX})(?P<thing>\w+ )?(?P<things>(?!{_AUX}|{_ONE}\b)\w*[^\Ws]s))\b"
    r"|\ball the\b",
    re.I,
)
_CODED = re.compile(
    r"\b(?:frame|serial|policy|claim|order|invoice|booking|registration|passport|account|licen[cs]e|model|reference"
    r"|confirmation|pin|password|iban|code|version)\b",
    re.I,
)
_TO_CALL = next(kind.looks.pattern for kind in KINDS if kind.name == "phone" and isinstance(kind.looks, re.Pattern))
_CALLING = re.compile(
    r"\b(?:(?:tele)?phone|call|ring|mobile|tel)\b(?:(?!number|policy|serial|account|code|imei)[^\d\n]){0,20}"
    + _TO_CALL,
    re.I,
)
_COUNTS = re.compile(r"\bhow many\b", re.I)
_HOUR = re.compile(r"\b\d{1,2}:\d\d(?::\d\d)?\b")
_SPAN = re.compile(r"\b(?:between|since|until|till|before|after|by|from)\b", re.I)  # a time that is not named either
_AT_PRESENT = r"\b(?:now|current|newest|latest|still|nowadays|these days|at the moment)\b"
_NOW = re.compile(
    rf"{_AT_PRESENT}|\b(?:currently|today|since)\b"
    r"|^\W*+(?:\S++ ){0,4}new\b(?! (?:york|year|zealand|delhi|orleans|jersey))",
    re.I,
)
_BEFORE = re.compile(
    r"\b(?:previous(?:ly)?|formerly|former|earlier|originally|original|used to"
    r"|first (?:supposed|planned|meant|booked|scheduled|due|set))\b|\bdid \w+(?: \w+)? use to\b"
    r"|\bbefore (?:it|that|then|they|we|I|the (?:\w+ )?(?:change|move|switch|rise|increase|update)"
    r"|(?:moving|going|switching|changing|being|becoming))\b|\bbefore\W*\Z"
    r"|^\W*+(?:\S++ ){0,4}(?<!how )(?-i:old)\b(?! (?:is|was|are|were|town|city|man|men|woman|lady|people)\b)",
    re.I,
)
_SUBJECT = re.compile(rf"\b(?i:{AUXILIARY}) ([A-Z][\w-]+)(?=['’]s\b| [a-z])|\b([A-Z][\w-]+)['’]s\b")
_WHEN = re.compile(r"\bwhen\b|\b(?:what|which) (?:dates?|day(?! of the week)|month|year)\b", re.I)
_PLANNED = re.compile(
    r"\b(?:planned|due|supposed|scheduled|intended|expected|originally|at first|to be|promised?)\b"
    r"|\b(?:pushed|moved|put|brought|shifted) (?:back|forward|off)\b|\b(?:postponed|delayed|rescheduled)\b"
    r"|\b(?:for|to|from) (?:which|what)\b|\b(?:date|day|month) did\b.*\b(?:fix|agree|set|arrange|choose)\b",
    re.I,
)
_PAST = re.compile(
    r"(?<!by )(?<!till )(?<!until )(?<!since )\b(?:when|dates?|day|month|year)\s+(?:did|was|were|had|has|have)\b", re.I
)
_SAYS = (
    r"(?:say|said|says|tell|told|tells|write|wrote|written|mention(?:s|ed)?|suggest(?:s|ed)?|propose[sd]?|promise[sd]?"
    r"|recommend(?:s|ed)?|ask(?:s|ed)?|announce[sd]?|complain(?:s|ed)?|repl(?:y|ies|ied)|answer(?:s|ed)?|object(?:s|ed)?"
    r"|offer(?:s|ed)?|prefer(?:s|red)?|point(?:s|ed)? out|remind(?:s|ed)?|warn(?:s|ed)?|think|thinks|thought)"
)
_WHO = re.compile(r"\W*(?:(?:and|so|but) )?who(?!se\b|m\b)\b", re.I)
_WHO_SAID = re.compile(
    rf"\W*(?:(?:and|so|but) )?who (?:(?:was|is) it (?:who|that) )?(?:has |had |have )?(?:first )?(?:{_SAYS}|sent"
    r"|mailed|e-?mailed)\b",
    re.I,
)
_CLAUSE = re.compile(
    r"\b(?:why|reason|opinion|how(?! (?:many|much|old|far|big|tall|high|long|large|heavy|often|fast|deep|wide)\b))\b"
    r"|\bwhat\b.*\b(?:say|said|says|think|thinks|thought|happen\w*|mean|means|meant|do|did [^?]* do|doing|done|wrote"
    r"|write|writes|tell|told|promise\w*|propose\w*|suggest\w*|advise\w*|ask|asked|learn\w*|motto|slogan"
    r"|quote|line|message|title|titled|song|film|movie|book|poem|talk|episode)\b",
    re.I,
)
_OF_I = re.compile(r"\bI\b(?!\.)|\b(?:did|do|have|had|am|was|can|should|must|will) i\b")
_OF_ME = re.compile(rf"{_OF_I.pattern}|\b[Mm]y\b")
_WHAT_I_SAID = re.compile(rf"\b(?:did|do|have|had) I (?:\w+ )?{_SAYS}\b", re.I)
_FRAME = re.compile(rf"\bstands? for\b|\bmeaning\b|{_AT_PRESENT}", re.I)  # how it is asked, not of what
_ENUMERATED = re.compile(r"\A\s*\d{1,2}[.)](?=\s+\w)")  # of a list: no number that is told
_STAMP = re.compile("^" + BEFORE, re.M | re.I)
_KIND_STEMS = frozenset(
    stem(word)
    for word in (
        "phone telephone mobile number call reach email mail address code time date day weekday year month price cost "
        "pay paid old often person place amount"
    ).split()
)
_EVENTS = frozenset(stem(word) for word in "happen event day diary write wrote note done".split())
