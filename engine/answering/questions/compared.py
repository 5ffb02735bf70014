"""Questions that compare: "Which was cheaper, the mower or the bicycle?", "Did I buy the van before I sold the car?",
"Are Leila and Connor from the same town?". Each is one question of either side, and a rule for what the answers tell
(Memory Interleave with the question written anew; paper section 3.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from engine.answering.questions.measures import COMPARATIVE, measure_of
from engine.answering.words.grammar import AUXILIARY, LONGEST, MONTH_NAME, NUMBER_WORD

Rule = Literal["least", "most", "same", "both", "before", "after"]


@dataclass(frozen=True, slots=True)
class Compared:
    """Both sides as they are called, what is asked of each, and how the answers compare."""

    sides: tuple[str, str]
    asks: tuple[str, str]
    rule: Rule
    by: str = ""  # measures.Measure.by; of "same" the thing that may be so, of "both" what both may be
    is_judged: bool = False  # yes where the first side wins, no where the other does; else the side itself


_AUX = rf"(?P<aux>{AUXILIARY})"
_SINGLE = {"are": "is", "were": "was", "do": "does", "have": "has"}
_WH = r"(?:which|what|who|whose)\b"
_DONE = "(?:born|released|published|founded|formed|made|built|bought|sold|opened|established|started|finished)"
_BEHIND_COMMA = re.compile(rf"\W*(?P<asked>{_WH}[^,:]*\b{COMPARATIVE}\b[^,:]*)[,:] (?P<options>.+ or .+)\Z", re.I)
# "Which band was formed first The Exies or Circus Diablo?", "Who was born first out of A and B?"
_AT_ONCE = re.compile(
    rf"\W*(?P<asked>{_WH}.*?\b{COMPARATIVE}\b)(?: (?:out of|between) (?P<both>.+ (?:and|or) .+)"
    r"| (?P<options>(?:(?:the|my|our) )?(?-i:[A-Z]).* or .+))\Z",
    re.I,
)
_OUT_OF = re.compile(
    rf"\W*(?:between|of|out of) (?P<options>.+? (?:and|or) .+?), (?P<asked>{_WH}.*\b{COMPARATIVE}\b.*)\Z", re.I
)
_WAS_FIRST = re.compile(
    rf"\W*{_AUX} (?P<options>(?!(?:I|we|you|he|she|they|it) ).+ or .+?) (?P<asked>(?:{_DONE} )?{COMPARATIVE})\Z", re.I
)
_THAN = re.compile(rf"\W*{_AUX} (?P<a>.+?) (?P<asked>{COMPARATIVE})\b(?P<more>.*?) than (?P<b>.+)\Z", re.I)
_NO_SIDE = re.compile(  # what is usual, a threshold, somebody who is not named
    rf"(?:the )?(?:usual|expected|planned|last|before|first|next|average|\d|[$€£]|that|this|it|(?!one\b){NUMBER_WORD}"
    r"|an? (?:hour|day|week|month|year|mile|kilo)|I (?:thought|expected))\b|[$€£]"
    r"|(?:me|him|her|them|us|mine|hers|his|theirs|\w+ (?:her|his|their) .*|(?:her|his|their|its|your) .*)\Z",
    re.I,
)
_BEFORE = re.compile(r"\W*(?P<aux>did|was|were|had|has|have) (?P<a>.+?) (?P<rule>before|after) (?P<b>.+)\Z", re.I)
_TO = re.compile(
    r"(.*\b(?:to|in|at|visit|see|met|meet|buy|read|finish|sell|view) )(?:(?:the|my) )?(?:[\w’'-]+ ?){1,3}\Z"
)
_NAMED = (
    r"(?:(?!Brexit|Covid|World War)(?:my |our )?[A-Z][\w’'-]+(?: (?:(?:and|of|the|de|van|von) )?[A-Z][\w’'-]+){0,4})"
)
_GOODS = r"(?:house|flat|car|van|boat|bike|bicycle|piano|caravan|cottage|cabin|mower|tent|tractor)"
_DOERS = tuple(  # of whom or what the same may be told: "Was Anna born before Ben?", not "built before the war"
    (re.compile(rf"{own} (?P<done>{deed})"), re.compile(own))
    for own, deed in ((_NAMED, "[a-z].*"), (rf"(?:(?:the|my|our) {_GOODS})", "(?:sold|bought)"))
)
_CLAUSE = re.compile(
    r"(?:I|we|you|he|she|they)\b|.*\b(?:was|were|is|had|did|has|got|came|left|moved|started|died|ended)\b"
)
_NO_EVENT = re.compile(  # a day, a time of day, what is not told what it was
    r"(?:that|then|it|long|not|or .*|noon|midnight|(?:the )?\d.*|the (?:end|change|move)|\w+ing|he|she|they|us|me|her"
    rf"|him|them|(?:last|next|this|the) (?:week|month|year|summer|winter|spring|autumn)|{NUMBER_WORD}(?: .*)?|\w+day"
    r"|christmas|easter|new year.*|breakfast|lunch|dinner|bed|bedtime|food|meals?|work|school"
    rf"|{MONTH_NAME}(?: .*)?)\W*\Z",
    re.I,
)
_NO_DEED = re.compile(  # what is asked is whether, not when
    r"\b(?:feel|felt|feeling|pain|better|worse|tired|sick|ill|be|been|like|know|want|need|able|hurt|sore|happy)\b"
    r"|\b(?:named|called|looks?|looked|looking|asks?|asked|takes?|took|run|day|week|month|year|hours?|minutes?|soon|shortly|long|time"
    r"|again|even|only|right|just|immediately|ever|never|not|always)\W*\Z",
    re.I,
)
_DOES = (
    r"(?:both|located|situated|born|members|based|have|has|had|share|shared|live|lived|work|worked|study|studied|go|went|attend"
    r"|attended|grow|grew|come|came|play|played|originate|originated|belong|use|used|drive|speak|read|eat|graduate|graduated)"
)
_SAME = re.compile(
    rf"\W*{_AUX} (?P<rest>\S.*?)(?P<how>,? (?-i:{_DOES})\b[^,]*?)?(?:,? (?P<way>from|in|of|at|to|with|on|for|by))?"
    r" the same (?P<noun>[a-z]+)(?: as (?P<b>.+)|(?P<behind>(?: [a-z]+){0,3}))\Z",
    re.I,
)
_BOTH = re.compile(rf"\W*{_AUX} (?P<a>.+?) and (?P<b>.+?) both (?P<rest>.+)\Z", re.I)
_OF_THREE = re.compile(r", (?:the|an?|my|our) |\A[\w’'-]+, [\w’'-]+\Z", re.I)  # "Anna, Ben or Carla"
_CLASS = re.compile(
    r"\A(?:(?:both|the|two|of) )*(?:(?:movies|films|villages|magazines|bands|(?:high )?schools|universities|songs|books"
    r"|airports|rivers|cities|towns|companies)\b[:,]? )?",
    re.I,
)
_MAKERS = re.compile(r"\b(?P<noun>director|producer|composer|performer|author|writer|singer|founder)s?\b", re.I)
_WHOSE_MAKER = re.compile(rf"\b(?:has|have|had|whose) (?:the |an? |their )?{_MAKERS.pattern}", re.I)


def compared_of(text: str) -> Compared | None:
    """The two sides of a question that compares; None for any other."""
    text = " ".join(text[:LONGEST].split()).rstrip("?!. ").strip()
    for pattern in (_BEHIND_COMMA, _OUT_OF, _WAS_FIRST, _AT_ONCE):
        if (match := pattern.match(text)) is not None:
            options = match["options"] or match["both"]
            if found := _which(match["asked"], options):
                return found
    if (match := _SAME.match(text)) is not None:
        return _same(match)
    if (match := _THAN.match(text)) is not None and _NO_SIDE.match(match["b"]) is None:
        return _than(match)
    if (match := _BOTH.match(text)) is not None:
        one, other, rest = match["a"], match["b"], match["rest"]
        aux = _singular(match["aux"]).capitalize()
        if re.match(r"(?:times|of|sides|ways|days|ends|years)\b", rest, re.I):
            return None
        return Compared((one, other), (f"{aux} {one} {rest}?", f"{aux} {other} {rest}?"), "both", rest, is_judged=True)
    if (match := _BEFORE.match(text)) is not None:
        return _events(match)
    return None


def _which(asked: str, options: str) -> Compared | None:
    sides, measure = _sides(options), measure_of(asked)
    if sides is None or measure is None:
        return None
    thing = _thing(asked)
    one, other = (re.sub(r"\A(?:the )?one\b", f"the {thing or 'one'}", side, flags=re.I) for side in sides)
    if (maker := _WHOSE_MAKER.search(asked)) is not None:
        one, other = (f"the {maker['noun']} of {thing} {side}".replace("  ", " ") for side in sides)
    asks = measure.asks.replace("{}", one), measure.asks.replace("{}", other)
    return Compared(sides, asks, measure.wins, measure.by)


def _than(match: re.Match[str]) -> Compared | None:
    one, other, more = match["a"], match["b"], match["more"].strip()
    if (measure := measure_of(f"which {match['aux']} {match['asked']}")) is None:
        return None
    asks = measure.asks
    if one.lower() in ("it", "there"):  # "Was it quieter in the hut than in the tent?"
        one, more, asks = more, "", asks.replace(" {}", " it {}")
    if (way := re.match(r"(?:in|on|at|of|for|with|from|to) ", other)) is not None and f" {way.group()}" in one:
        other = one[: one.index(f" {way.group()}") + 1] + other  # "the rent on A ... than on B"
    if (thing := re.match(r"(?:\w+ )?(?:the|my|our) ([a-z]+)\b", one)) is not None:
        other = re.sub(r"\bthe one\b", f"the {thing[1]}", other)
    more = f" {more}" if more else ""
    both = asks.replace("{}", one + more), asks.replace("{}", other + more)
    return Compared((one, other), both, measure.wins, measure.by, is_judged=True)


def _events(match: re.Match[str]) -> Compared | None:
    """Of what happened before something else; what was before a day is asked of no two things."""
    one, other, aux = match["a"], match["b"], match["aux"].lower()
    is_clause = _CLAUSE.match(other) is not None
    if (
        len(one.split()) < 2
        or _NO_EVENT.match(other)
        or _NO_DEED.search(one)
        or re.search(r"\b(?:before|after)\b", other)
    ):
        return None
    if match["rule"].lower() == "after" and not is_clause and _TO.match(one) is None:
        return None  # "Did it rain after the concert?" asks whether
    first = f"When {aux} {one}?"
    if is_clause:
        second = f"When {other}?"
    elif (way := _TO.match(one)) is not None:
        second = f"When {aux} {way[1]}{other}?"  # "Did I go to Rome before Lisbon?"
    elif (done := next((own.fullmatch(one) for own, same in _DOERS if same.fullmatch(other)), None)) is not None:
        second = f"When {aux} {other} {done['done']}?"
    else:
        second = f"When was {other}?"
    rule: Rule = "before" if match["rule"].lower() == "before" else "after"
    return Compared((one, other), (first, second), rule, "time", is_judged=True)


def _same(match: re.Match[str]) -> Compared | None:
    rest, noun, how = match["rest"], match["noun"].lower(), (match["how"] or "").strip(" ,")
    makers = _MAKERS.search(how) or re.search(rf"\b(?:the )?(?:both )?{_MAKERS.pattern}(?<=s) of\b", rest, re.I)
    if makers is not None:
        rest = re.sub(rf"\A(?:the |both )*{_MAKERS.pattern} of ", "", rest, flags=re.I)
        rest = re.sub(r" (?:films|movies)\Z", "", rest)
    if match["b"] and _NO_SIDE.match(match["b"]):
        return None
    if match["b"]:
        one, other = rest, match["b"]
    elif (sides := _sides(_CLASS.sub("", rest).strip(" ,"), " and ")) is not None:
        one, other = sides
    else:
        return None
    if makers is not None:
        one, other = (f"the {makers['noun'].lower()} of film {side}" for side in (one, other))
    if noun in ("nationality", "country"):
        asks = (f"Which country is {one} from?", f"Which country is {other} from?")
        return Compared((one, other), asks, "same", "country", is_judged=True)
    how = re.sub(r"\A(?:both|share)\b", "", how).strip()
    tail = " ".join(part for part in (how, match["way"], (match["behind"] or "").strip()) if part)
    aux = _singular(match["aux"])
    asks = (f"Which {noun} {aux} {one} {tail}".rstrip() + "?", f"Which {noun} {aux} {other} {tail}".rstrip() + "?")
    return Compared((one, other), asks, "same", noun, is_judged=True)


def _singular(aux: str) -> str:
    return _SINGLE.get(aux.lower(), aux.lower())


def _sides(options: str, *joints: str) -> tuple[str, str] | None:
    """Both sides of "A or B"; a name may have an "and" of its own."""
    for joint in joints or (" or ", " and "):
        parts = options.strip(" ,:").split(joint)
        if len(parts) > 1:
            at = (len(parts) + 1) // 2
            one, other = joint.join(parts[:at]).strip(" ,"), joint.join(parts[at:]).strip(" ,")
            if (joint == " or " and _OF_THREE.search(one)) or _NO_SIDE.match(one) or _NO_SIDE.match(other):
                return None
            return (one, other) if one and other else None
    return None


def _thing(asked: str) -> str:
    """What the sides are: `flat` of "which of the two flats", `film` of "which film"."""
    found = re.match(r"\W*(?:which|what) (?:of (?:the |my |our )?(?:two |both )?)?(?!is\b|was\b)([a-z]+)", asked, re.I)
    noun = found[1] if found is not None else ""
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
