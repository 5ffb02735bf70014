"""Questions that ask several things at once: "When and where was Otto born?", "Who is the vet, and what does she
charge?". Each becomes a question of its own; what the others leave out, the first has said."""

from __future__ import annotations

import re

from engine.answering.questions.question import Question
from engine.answering.words.grammar import AUXILIARY, LONGEST, MONTHS, SOMEBODY, WEEKDAYS
from engine.answering.words.stems import STOP, WORD, plain, stem
from engine.answering.words.verbs import VERBS

MOST = 3  # questions in one
_AUX = rf"{AUXILIARY}\b"
_WAY = r"(?:(?:on|at|in|from|to|for|with|by|until|since|through|of|about) )?"
_WHO = r"(?:who|whom|whose|what|which|when|where|why|how)\b"
_I = r"(?:I|you|he|she|it|we|they|there)\b"
_MY = (
    r"(?:(?:this|that|these|those|my|your|his|her|its|our|their|the|an?)\b|to\b(?! (?:the|my|our|his|her|their|an?)\b))"
)
_NOUN = rf"(?!{_AUX}|{_I}|{_MY}|and\b|if\b)[\w’'-]+"
_PREPOSITION = r"(?:on|at|in|from|to|for|with|by|of|about|before|after|during)\b"
_PHRASE = (  # what is asked for: "when exactly", "how tall", "on which weekday", "what kind of wood"
    rf"{_WAY}(?:(?:when|where|why)(?: exactly)?\b|who\b|whom\b|how(?: (?!{_PREPOSITION}){_NOUN})?"
    rf"|(?:what|which|whose|how many|how much)(?: (?!{_PREPOSITION}){_NOUN}(?: of {_NOUN})?)?)"
)
_JOINT = re.compile(
    rf"(?P<joint>,? and (?:if so,? )?|, )(?P<other>(?-i:{_WAY}{_WHO}|{_AUX} {_I}))",
    re.I,
)
_ASKS = re.compile(rf"\W*(?:{_WAY}{_WHO}|{_AUX})", re.I)
_AT_ONCE = re.compile(
    rf"(?P<first>{_PHRASE}(?:, {_PHRASE})*),? and (?P<last>{_PHRASE}) (?P<rest>{_AUX}.+)", re.I
)  # "When, where and why did ..."
_ALONE = re.compile(rf"\W*{_PHRASE}(?:, {_PHRASE})*", re.I)
_ENDS_ASKING = re.compile(rf"\b(?:{_WHO}|how (?:much|many|long|often))\W*\Z", re.I)
_INVERTED = re.compile(  # "what colour is ...", a question by itself
    rf"(?:{_PHRASE}|{_WAY}(?:what|which|whose|how many|how much) {_NOUN} {_NOUN}) {_AUX}", re.I
)
_EMBEDDED = re.compile(rf"(?P<asked>{_PHRASE}) (?:{_I}|{_MY}|(?-i:[A-Z]))", re.I)  # "why he left"
_RELATIVE = re.compile(rf"{_WAY}(?:who|which|whose|whom)\b", re.I)
# of "the actor who played Hamlet and who was born in Leeds": no question begins there
_WITHIN = re.compile(r"(?<=\w )(?:who|which|that|whose|whom)\b", re.I)
# "how many to the launch", behind "how many came to the gig"
_OF_PLACE = re.compile(
    rf"(?P<asked>{_WAY}(?:how many|how much|which|whose|what|who))(?: ones?)? (?P<place>(?P<way>{_PREPOSITION}) .+)",
    re.I,
)
# "which need sun", behind "which plants need shade"
_SAME = re.compile(rf"(?P<asked>{_WAY}(?P<what>which|whose|how many))(?: ones?)? (?=(?P<next>[\w’'-]+))", re.I)
_ASKED = re.compile(
    rf"\W*{_WAY}(?:which|what|whose|how many|how much) (?P<thing>{_NOUN}(?: {_NOUN}){{0,3}}(?: the {_NOUN})?)"
    rf" (?={_AUX})",
    re.I,
)
# "when is Anna's", behind "when is Ben's birthday"
_HIS = re.compile(rf"(?P<asked>(?i:{_PHRASE} {_AUX})) (?P<name>[A-Z][\w-]*)(?P<s>['’]s)?")
_QUOTED = re.compile(r"[\"“«][^\"”»]*[\"”»]|(?<!\w)['‘][^'’]*['’](?!\w)")
_PETS = "dog|cat|puppy|kitten|horse|pony|rabbit|bird|parrot|hamster"
_SOMEBODY = rf"(?:{SOMEBODY}|{_PETS}|sitter|agent|caretaker)"
_OF_SOMEBODY = re.compile(
    rf"(?:(?-i:[A-Z])[\w-]*['’]s|\b(?:my|our|the)) (?:[a-z]+ )?{_SOMEBODY}(?P<many>s|ren)?\b", re.I
)
_LATER = r"(?:last|next|this|to|for|in|on|at|and|about|from|with|when|what|before|after|then|there)\b"
_HE = re.compile(rf"\b(?:he|she|him|(?P<his>his|her(?= (?!{_LATER})[a-z]))|her)\b", re.I)
_THEY = re.compile(r"\b(?:they|them|(?P<their>their))\b", re.I)
_IT = re.compile(r"\b(?:it|its|they|them|their|that|this|these|those)\b", re.I)
_NO_NAMES = frozenset((*map(str.lower, (*WEEKDAYS, *MONTHS)), "christmas", "easter"))
FEW = 8  # words that are said of what a further question leaves out
_GENERAL = frozenset("time day date weekday year month week hour way".split())
LEAST = 2  # words that matter, of a question that stands for itself


def questions_in(text: str) -> tuple[str, ...]:
    """The questions in one, each as if it were asked alone; none where it is only one."""
    text = " ".join(text[:LONGEST].split()).rstrip("?!. ").strip()
    text = re.sub(
        rf"\? (?:and )?({_WAY}{_WHO}|{_AUX})", lambda m: f", and {m[1][:1].lower()}{m[1][1:]}", text, flags=re.I
    )
    text = re.sub(r"\A(\W*(?:what|who|where|when|how))['’]s\b", r"\1 is", text, flags=re.I)
    begun, *more = _parts(text)
    asked = _shared(begun)
    asked += [_by_itself(asked[0], one) for part in more for one in _shared(part)]
    return tuple(f"{one[:1].upper()}{one[1:]}?" for one in asked) if 1 < len(asked) <= MOST else ()


def _parts(text: str) -> list[str]:
    """Where another question begins: behind "and", and behind a comma where one behind "and" follows."""
    hidden = _QUOTED.sub(lambda quoted: "_" * len(quoted.group()), text)
    if _ASKS.match(hidden) is None:
        return [text]
    cuts = [match for match in _JOINT.finditer(hidden) if _begins(hidden[: match.start()], hidden, match)]
    while cuts and cuts[-1]["joint"] == ", ":
        cuts.pop()
    begin, out = 0, list[str]()
    for cut in cuts:
        out.append(text[begin : cut.start()])
        begin = cut.start("other")
    return [*out, text[begin:]]


def _begins(before: str, text: str, joint: re.Match[str]) -> bool:
    """Whether a question of its own begins there: none that tells what is known or said, none about who is asked of."""
    other = text[joint.start("other") :]
    if _is_alone(before) or _ENDS_ASKING.search(before) is not None:
        return False
    if joint["joint"] == ", " and _INVERTED.match(other) is None:
        return False
    told = None if _INVERTED.match(other) is not None else _EMBEDDED.match(other)
    if told is not None and not _does(told["asked"]):
        return False
    behind = _ASKS.match(before)
    is_within = behind is not None and _WITHIN.search(before, behind.end()) is not None
    return not (is_within and "," not in joint["joint"] and _RELATIVE.match(other) is not None)


def _shared(part: str) -> list[str]:
    """ "When was Otto born" and "where was Otto born" of "when and where was Otto born"."""
    match = _AT_ONCE.fullmatch(part)
    asked = [*match["first"].split(", "), match["last"]] if match is not None else []
    if match is None or any(map(_does, asked)):
        return [part]
    return [f"{one} {match['rest']}" for one in asked]


def _is_alone(text: str) -> bool:
    """Whether a text is no more than what is asked for: "on which day", not "what happened"."""
    return _ALONE.fullmatch(text) is not None and not _does(text)


def _does(asked: str) -> bool:
    """Whether what is asked for ends in a verb: "which tree fell", "what happened"; not "how tired", "what show"."""
    words = asked.lower().split()
    begin = next((at for at, word in enumerate(words) if re.fullmatch(_WHO, word)), 0) + 1
    if words[begin - 1] != "what":
        begin += 1
    return any(word != stem(word) and (stem(word) in VERBS or word.endswith("ed")) for word in words[begin:])


def _by_itself(first: str, other: str) -> str:
    """A further question with what only the first says: "how long did Ana live there" of "how long"."""
    rest = _rest(first)
    if (place := _OF_PLACE.fullmatch(other)) is not None and (at := rest.rfind(f" {place['way']} ")) >= 0:
        return f"{place['asked']}{_thing_of(first, place['asked'])}{rest[:at]} {place['place']}"
    if (same := _SAME.match(other)) is not None and _goes_on(same["next"]):
        other = f"{same['asked']}{_thing_of(first, same['what'])} {other[same.end() :]}"
    if _is_alone(other):
        return f"{other}{_whole(first)}" if _whole(first) else _with(other, _things(first, other))
    if (his := _HIS.fullmatch(other)) is not None and (like := _HIS.match(first)) is not None and his["s"] == like["s"]:
        return f"{other}{first[like.end() :]}"
    if _names(other):
        return other
    people = list(_OF_SOMEBODY.finditer(first))
    names = [name for name in _names(first) if not any(name in match.group() for match in people)]
    one = [match.group() for match in people if not match["many"]] + names
    many = [match.group() for match in people if match["many"]]
    is_asked = re.match(rf"\W*(?:who\b|(?:which|what|whose) {_SOMEBODY}\b)", first, re.I) is not None
    if len(one) == 1 and not is_asked and _HE.search(other):
        return _HE.sub(lambda he: f"{one[0]}'s" if he["his"] else one[0], other, count=1)
    if len(many) == 1 and _THEY.search(other):
        return _THEY.sub(lambda they: f"{many[0]}'" if they["their"] else many[0], other, count=1)
    own = [word for word in _content(other) if stem(word) not in VERBS]
    known = _names(first) if len(own) >= LEAST and not _IT.search(other) else _things(first, other)
    return _with(other, known)


def _goes_on(word: str) -> bool:
    """Whether a word behind "which" is a verb: of "which plants need shade and which need sun"."""
    return re.fullmatch(_AUX, word, re.I) is not None or stem(word.lower()) in VERBS


def _with(other: str, known: list[str]) -> str:
    return f"{other} ({' '.join(known[:FEW])})" if known else other


def _whole(first: str) -> str:
    """What the first asks behind what it asks for, with that in its place: " did Ana see the doctor" of "which doctor
    did Ana see"; empty where it has no verb that could stand first."""
    rest, asked = _rest(first), _ASKED.match(first)
    if re.match(rf" ?{_AUX}", rest, re.I) is None:
        return ""
    if asked is None or asked["thing"].lower() in _GENERAL:
        return f" {rest[:2].strip().lower()}{rest[2:]}"
    aux, _, behind = rest.strip().partition(" ")
    is_of_somebody = re.match(rf"(?:{_I}|{_MY}|[A-Z])", behind) is not None
    return f" {aux} {behind} the {asked['thing']}" if is_of_somebody else f" {aux} the {asked['thing']} {behind}"


def _rest(first: str) -> str:
    """What stands behind what the first asks for, verb first; all of a question for yes or no."""
    if re.match(rf"\W*{_AUX}", first, re.I):
        return f" {first}"
    if (asked := _ASKED.match(first)) is not None:
        return f" {first[asked.end() :]}"
    phrase = re.match(rf"\W*{_PHRASE}(?= {_AUX})", first, re.I) or re.match(
        rf"\W*{_WAY}{_WHO}(?: many)?(?: {_NOUN})?", first, re.I
    )
    return first[phrase.end() :] if phrase is not None else ""


def _thing_of(first: str, what: str) -> str:
    """The thing that the first asks for, where another asks for one of the same: " plants" of "which plants"."""
    asked = re.match(rf"\W*{_WAY}(?:which|what|whose|how many|how much) (?P<thing>{_NOUN})", first, re.I)
    if asked is None or what.lower() == "how much" or asked["thing"].lower() in ("much", "many"):
        return ""
    thing = (_ASKED.match(first) or asked)["thing"]
    return f" {thing}"


def _names(text: str) -> list[str]:
    """Names that a question has behind its first word, those of one run together."""
    found = re.finditer(r"(?<=\w )(?!I\b)[A-Z][\w’'-]*(?: (?!I\b)[A-Z][\w’'-]*)*", text)
    names = (plain(match.group()) for match in found)
    return [name for name in dict.fromkeys(names) if name.split()[0].lower() not in _NO_NAMES and not name.isupper()]


def _content(text: str) -> list[str]:
    """The words of a question that matter, as they stand."""
    asked = Question.of(text)
    words = [m.group() for m in WORD.finditer(text) if plain(m.group().lower()) in asked.words]
    return [word for word in words if plain(word.lower()) not in STOP]


def _things(first: str, other: str) -> list[str]:
    """What the first speaks of and another does not name."""
    held = [word for word in _content(first) if word not in other and re.fullmatch(_WHO, word, re.I) is None]
    return [word for word in held if stem(plain(word.lower())) not in VERBS] or held
