"""A question about somebody or something that is named by what is said of them, taken apart into two: "What is the
number of the friend who recommended the plumber?" into "Who recommended the plumber?" and, when that is known, "What is
the number of Gwen?" (Memory Interleave with the question written anew; paper section 3.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from engine.answering.questions.placing import In, in_in
from engine.answering.questions.relations import Of, of_in
from engine.answering.words.grammar import AUXILIARY, KIN, LONGEST, ROLE, SOMEBODY
from engine.answering.words.stems import WORD, stem
from engine.answering.words.verbs import VERBS, is_verb

_PERSON = rf"(?:person|one|{SOMEBODY})"
_OFFICE = r"(?:reserve|secretary|captain|leader|organi[sz]er|author|director|founder|head|winner|tenant)"
_SUBJECT = r"(?:I|we|you|he|she|they|my \w+|our \w+|(?-i:[A-Z])[\w’'-]+)"
_WITH = r"(?:from|to|with|for|by|of|at|about)"
_SOMEBODY = re.compile(
    rf"\b(?P<whose>the|that|an?|my|our) (?:(?!of\b)[\w-]+ ){{0,2}}?{_PERSON} "
    rf"(?P<who>(?:(?P<with>{_WITH}) whom|who|that|whom) )?"
    rf"(?=(?P<clause>{_SUBJECT} \w|\w))|\b(?P<any>whoever|whomever) (?=\w)",
    re.I,
)
_BEHIND_ITS_VERB = re.compile(  # "Where does the man live who mended the roof?"
    rf"\b{AUXILIARY} (?P<somebody>(?:the|that) (?:[\w-]+ )?{_PERSON})"
    rf" (?P<verb>(?:(?!(?:who|whom|whose|{_WITH} whom)\b)[\w-]+ ){{1,4}})"
    rf"(?:(?P<with>{_WITH}) (?=whom))?(?P<who>who|whom|whose) (?P<clause>.+)\Z",
    re.I,
)
_NO_NOUN = (
    r"(?!(?:of|at|when|to|for|in|on|with|by|from|is|was|are|were|did|do|does|and|or"
    r"|day|date|time|week|month|year|way|reason)\b)"
)
_THING = rf"(?:{_NO_NOUN}[\w-]+ )?{_NO_NOUN}[\w-]+"
_SOMETHING = re.compile(
    rf"\b(?:(?:the thing|whatever|(?<!\A)what|the (?P<noun>{_THING})(?: that| which)?)"
    rf" (?=(?:I|we|(?:my|our) {ROLE}) \w)"
    rf"|the (?P<that>{_NO_NOUN}[\w-]+) (?:that|which) (?={_SUBJECT} |.*\b(?:me|us|my|our)\b)"
    rf"|(?P<place>(?:the {_THING} |(?<=for |rom ) ?|(?<=of |at |to |in ) ?)where) (?=(?:I|we) \w)"
    r"|the (?P<whose>[\w-]+) whose )",
    re.I,
)
_SOMETHING_NAMED = re.compile(  # "the bank that bought FleetBoston", where a name is what is said of it
    rf"\bthe (?!(?:name|only|first|last|same|most|one)\b)(?P<noun>{_THING}) (?:that|which|(?P<who>who)) "
    r"(?=(?-i:[^?]*\b[A-Z]))",
    re.I,
)
_NAMED_BY_OFFICE = re.compile(
    rf"\b(?P<role>(?:the|my|our) (?:[\w-]+ )?(?<!vacuum )(?<!window )(?!{KIN}\b){ROLE}"
    r"(?: (?:of|at|for|in|with) (?!because\b)[\w’'& -]+?)?"
    rf"|the (?:[\w-]+ )?{_OFFICE} (?:of|at|for) [\w’'& -]+?"
    rf"|(?:(?:my|our) (?:[\w-]+ )?(?!{KIN}\b){ROLE}(?=['’]s)|(?-i:[A-Z])[\w-]+['’]s {ROLE}))"
    r"(?P<tail>['’]s [\w ]+| (?:live|eat|have|like|work|play|drive|do|charge|learning|allergic)\b.*)?\W*\Z",
    re.I,
)
_AUXILIARY = re.compile(rf"\b(?:{AUXILIARY}|can['’]t)(?:n['’]t)?\s*\Z", re.I)
_IS = re.compile(r"\b(?:is|are|was|were)\s*\Z", re.I)
_FRAME = re.compile(
    r"\W*(?:(?:do|can|could|would) you (?:please )?(?:know|remember|recall|tell me|remind me|show me)"
    r"|(?:please )?(?:tell|remind|show) me|i (?:want|need) to know)\b,?\s*",
    re.I,
)
_OPEN = re.compile(r"(?:\bif|\bis there(?: an?)?|\bare there)\s*\Z", re.I)
_OF_A_PERSON = re.compile(
    r"\b(?:numbers?|phone|call|ring|reach|e-?mail|address|birthday|born|live|eat|allerg\w+|diet|job|profession|instrument|give|gift"
    r"|present|name|called|age|old|works?|office|room|child\w*|wife|husband|partner|hobby|drive|play|from)\b",
    re.I,
)
_ONLY_A_NAME = re.compile(r"what (?:is|was) it (?:called|named)\W*|what is the (?:first |full )?name of it\W*", re.I)
_ONLY_NAMED = re.compile(
    r"\W*(?:who(?:['’]s| is| was)?|what(?:['’]s| is| was) the (?:full |first |last )?name of)\Z", re.I
)
_ASKS = frozenset(
    "announce ask check choose decide discover explain find forget guess hear know learn mention out remember reveal "
    "say see show suggest tell wonder write".split()
)
LEAST = 2  # words of what is said, and of what stands before it


@dataclass(frozen=True, slots=True)
class Nested:
    first: str  # asks for whom or what is meant
    before: str  # of the question itself, and
    behind: str  # what stands around it
    of: Of | In | None = None  # where it is a relation to somebody, or a place that holds something, that names

    def second(self, name: str) -> str:
        """The question with a name in place of what is said."""
        glue = "" if self.behind.startswith(("'", "’")) else " "
        return plainly(f"{self.before} {name}{glue}{self.behind}".strip() + "?", name)


_PLAINLY = {  # as texts put it
    r"(?:what (?:is|was)|when (?:is|was)) (?:the )?(?:date of birth|birth ?date|birthday) of": "When was {} born?",
    r"(?:what (?:is|was)|when (?:is|was)) (?:the )?(?:date of death|death date) of": "When did {} die?",
    r"(?:what|where) (?:is|was) (?:the )?(?:place of birth|birth ?place) of": "Where was {} born?",
    r"(?:what|where) (?:is|was) (?:the )?(?:place of death) of": "Where did {} die?",
    r"what (?:is|was) the cause of death of": "Why did {} die?",
}


def plainly(question: str, name: str) -> str:
    """ "What is the date of birth of Max?" as "When was Max born?"."""
    for asked, put in _PLAINLY.items():
        if re.fullmatch(rf"\W*{asked} {re.escape(name)}\?", question, re.I):  # not of the name's own relations
            return put.format(name)
    return question


def nested_of(text: str) -> Nested | None:
    """The two questions of a nested one; None for any other."""
    text = _FRAME.sub("", " ".join(text[:LONGEST].split()), count=1).rstrip("?!. ")
    if (related := _of_another(text)) is not None:
        return related
    if (match := _BEHIND_ITS_VERB.search(text)) is not None and _is_all_said(match["verb"]):
        asks = "Who has" if match["who"].lower() == "whose" else "Who"
        way = f" {match['with']}" if match["with"] else ""
        return _of(f"{asks} {match['clause']}{way}?", text[: match.start("somebody")], match["verb"])
    if (match := _SOMEBODY.search(text)) is not None and _is_clause(match):
        return _nested("Who", text, match)
    if (match := _SOMETHING.search(text)) is not None and not _is_done_by(text, match):
        noun = match["noun"] or match["that"]
        asks = f"Which {noun}" if noun else "Where" if match["place"] else "What"
        if match["whose"]:
            asks = "Who has" if re.fullmatch(_PERSON, match["whose"], re.I) else f"Which {match['whose']} has"
        return _nested(asks, text, match)
    if (match := _SOMETHING_NAMED.search(text)) is not None and match.start() > 0:
        return _nested("Who" if match["who"] else f"Which {match['noun']}", text, match)
    if (match := _NAMED_BY_OFFICE.search(text)) is not None and _is_somebody(text, match):
        return _of(f"Who is {match['role']}?", text[: match.start()], match["tail"] or "")
    return None


def _of_another(text: str) -> Nested | None:
    """Of "When was the director of Amar Sangi born?" and "Who is Arghun's paternal grandfather?"."""
    of = of_in(text) or in_in(text)
    if of is None:
        return None
    before, behind = text[: of.at[0]], text[of.at[1] :]
    if isinstance(of, Of) and (through := of.through) is not None:
        between, asked = through
        if _ONLY_NAMED.match(before.strip()) and not behind.strip():
            return Nested(between.asks, asked, "", between)
        return None
    nested = _of(of.asks, before, behind)
    if nested is not None and _ONLY_A_NAME.fullmatch(nested.second("it")):
        return None  # who Ingrid's sister is says what she is called
    return replace(nested, of=of) if nested is not None else None


def _nested(asks: str, text: str, match: re.Match[str]) -> Nested | None:
    clause, behind = _parted(text, match.start(), match.end())
    loses_its_verb = (
        _AUXILIARY.search(text[: match.start()]) is not None and not behind and not _IS.search(text[: match.start()])
    )
    if len(WORD.findall(clause)) < LEAST or loses_its_verb:
        return None
    way = f" {match['with']}" if match.re is _SOMEBODY and match["with"] else ""
    return _of(f"{asks} {clause}{way}?", text[: match.start()], behind)


def _of(first: str, before: str, behind: str) -> Nested | None:
    """None where nothing but whom or what is asked for."""
    if _OPEN.search(before) or len(WORD.findall(before)) < LEAST or (_ONLY_NAMED.match(before.strip()) and not behind):
        return None
    return Nested(first, before.strip(), behind.strip())


def _is_somebody(text: str, match: re.Match[str]) -> bool:
    """Whether something is asked of whoever has an office that one asks of people, and no more than that is said."""
    words = [stem(word.group().lower()) for word in WORD.finditer(match["role"])]
    rest = text[: match.start()] + " " + (match["tail"] or "")
    if " who " in (match["tail"] or ""):
        return False
    return _OF_A_PERSON.search(rest) is not None and VERBS.isdisjoint(words) and "manual" not in (match["tail"] or "")


def _is_clause(match: re.Match[str]) -> bool:
    """Whether something is said of the person: by a relative, its subject, or a word in -ing; "my brother Quentin" is
    a name."""
    if match["any"] is not None or match["who"] is not None:
        return True
    if len(match["clause"] or "") > 1:
        return match["whose"].lower() not in ("my", "our") or not match["clause"][:1].isupper()
    is_done_now = _AUXILIARY.search(match.string[: match.start()]) is not None  # "Where was the dentist moving to?"
    return match.string[match.end() :].split(maxsplit=1)[0].endswith("ing") and not is_done_now


def _parted(text: str, start: int, at: int) -> tuple[str, str]:
    """What is said of somebody, from `at` on, and what of the question goes on behind it: its verb, where an auxiliary
    stands before."""
    words = list(WORD.finditer(text, at))
    if _AUXILIARY.search(text[:start]) is not None:
        for match in reversed(words[LEAST:]):
            if _has_verb(match.group()):
                return text[at : match.start()].strip(), text[match.start() :].strip()
    return text[at:].strip(), ""


def _is_done_by(text: str, match: re.Match[str]) -> bool:
    """Whether what looks like a thing is somebody and a verb: "did the dentist visit my aunt"."""
    noun = match["noun"] or ""
    return " " in noun and _has_verb(noun.split()[-1]) and _AUXILIARY.search(text[: match.start()]) is not None


def _is_all_said(verb: str) -> bool:
    """Whether what stands between "the man" and "who" is a verb that asks for no more: after "announce who won" and
    "meet the girl who won" somebody else is spoken of."""
    last = verb.lower().split()[-1]
    return (
        _has_verb(verb)
        and not re.search(rf"\b{_PERSON}\b", verb, re.I)
        and last not in _ASKS
        and not re.fullmatch(_WITH, last)
    )


def _has_verb(text: str) -> bool:
    return any(is_verb(match.group().lower()) for match in WORD.finditer(text))
