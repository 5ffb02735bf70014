"""Questions of plain text, as people word them: who did it, what, when, where, how many, turned out of one sentence.

Rules over words alone: a subject (a name, a pronoun, or a thing with its article), a verb in the past or a form of
`to be`, and what follows. What is asked for is cut out of it and the rest put in a question's order, sometimes with
less of it, as people leave out what they do not remember.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.answering.words.stems import STOP

_CAP = r"(?![a-z])[^\W\d_][\w’'-]*"
_NAME = rf"(?:(?:Mr|Mrs|Dr|St)\. )?{_CAP}(?: (?:(?:of|the|de|la|van|von|du) ){{0,2}}{_CAP})*"
_AUX = (
    r"(?:has|have|had|be|been|would|will|may|might|can|could|should|must|do|does|did|not|that|which|who|was|were|is"
    r"|are)\b"
)
_THING = rf"(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Mm]y|[Oo]ur|[Tt]heir|[Tt]his)(?: (?!{_AUX})[\w’'-]+){{1,3}}?"
_BE = r"was|were|is|are"
_IRREGULAR = dict(
    pair.split("/")
    for pair in (
        "went/go came/come took/take made/make gave/give got/get saw/see said/say told/tell found/find left/leave "
        "felt/feel kept/keep held/hold brought/bring bought/buy thought/think taught/teach caught/catch fought/fight "
        "sent/send spent/spend built/build lent/lend lost/lose met/meet led/lead read/read ran/run began/begin won/win "
        "wrote/write rode/ride drove/drive rose/rise chose/choose spoke/speak broke/break wore/wear swore/swear "
        "knew/know grew/grow threw/throw flew/fly drew/draw fell/fall ate/eat drank/drink sang/sing swam/swim sat/sit "
        "stood/stand understood/understand became/become paid/pay laid/lay lay/lie heard/hear sold/sell slept/sleep "
        "put/put set/set cut/cut let/let hit/hit shot/shoot struck/strike hung/hang forgot/forget hid/hide bit/bite "
        "woke/wake shook/shake stole/steal froze/freeze dealt/deal meant/mean lit/light fed/feed fled/flee"
    ).split()
)
_PAST = rf"(?:{'|'.join(_IRREGULAR)}|[a-z]{{2,}}(?<!e)ed)"
SAID = re.compile(
    rf"(?:.{{0,60}}?, )?(?P<who>I|[Ww]e|[Hh]e|[Ss]he|[Tt]hey|{_NAME}|{_THING}) "
    rf"(?P<verb>{_BE}|{_PAST}) (?P<rest>[^;:]{{4,160}}?)[.!]\Z"
)
_MONTH = (
    "(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday"
    "|Wednesday|Thursday|Friday|Saturday|Sunday)"
)
WHEN = re.compile(
    rf",? ?\b(?:in|on|since|by|until|before|after|around|at)? ?\b"
    rf"(?P<answer>(?:\d{{1,2}} )?{_MONTH}(?: \d{{1,2}}\b)?(?:,? \d{{4}})?(?!\d)|(?:1\d|20)\d\d"
    rf"|\d{{1,2}}(?::\d\d)? ?[ap]\.?m\b"
    rf"|\d{{1,2}}:\d\d|yesterday|today|tomorrow|(?:last|this|next) (?:week|night|year|month|morning|summer|winter))"
)
_ROOM = (
    "(?:house|garden|kitchen|office|church|town|city|village|park|river|hotel|station|school|hospital|library|shop|market"
    "|court|field|street|room|cellar|castle|sea|theatre|tavern|coach|forest|wood|palace|island|harbour|mountain|bridge)"
)
WHERE = re.compile(rf" (?:in|at|near|to|from|into) (?P<answer>(?:the )?{_NAME}|(?:the|my|our|his|her) {_ROOM})")
BY = re.compile(rf" (?P<word>by|with) (?P<answer>(?:the )?{_NAME})")
MANY = re.compile(
    r"\b(?P<answer>\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty"
    r"|hundred|several) (?P<thing>[a-z]{3,}(?: [a-z]{3,}s\b)?)"
)
WHAT = re.compile(
    r"(?P<answer>(?:(?:the|an?|his|her|my|our|their|some|two|three|four|several|\d+) (?:[\w’'$€£-]+ ){0,3}?[\w’'$€£-]+"
    rf"|{_NAME}))"
    r"(?P<left>(?:,| (?:in|on|at|to|from|with|for|by|of|and|that|which|when|as|into|after|before)\b).*|\Z)"
)
PEOPLE = frozenset("i we he she they".split())


@dataclass(frozen=True, slots=True)
class Turned:
    question: str
    answer: str
    start: int  # of the answer in the sentence
    end: int


def present(verb: str, known: Counter[str]) -> str:
    """`stopped` → `stop`, by which of the possible forms the texts have most often."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    root = verb[:-2]
    forms = [root, verb[:-1]]
    if len(root) > 2 and root[-1] == root[-2]:
        forms.append(root[:-1])
    if root.endswith("i"):
        forms.append(root[:-1] + "y")
    return max(forms, key=lambda form: known[form])


def count_words(texts: Iterable[str]) -> Counter[str]:
    return Counter(word for text in texts for word in re.findall(r"\b[a-z]{2,}\b", text))


def turn(rng: random.Random, sentence: str, known: Counter[str]) -> Turned | None:
    """One of the questions a sentence answers; None where no rule fits. known: how often texts have a word."""
    said = SAID.match(sentence)
    if said is None or said["who"].split()[0].lower() in _NO_SUBJECT:
        return None
    made = list(_ways(rng, said, known))
    if not made:
        return None
    question, start, end = rng.choice(made)
    question = re.sub(r"\s+([,.])", r"\1", re.sub(r"\s+", " ", question)).strip(" ,")
    if not 3 <= len(question.split()) <= 24:
        return None
    question = question[0].upper() + question[1:] if rng.random() < 0.8 else question.lower()
    return Turned(question + rng.choice(("?", "?", "?", "")), sentence[start:end], start, end)


def _ways(rng: random.Random, said: re.Match[str], known: Counter[str]) -> Iterator[tuple[str, int, int]]:
    """(question, start and end of the answer) each."""
    who, verb, at = said["who"], said["verb"], said.start("rest")
    rest = said["rest"] if rng.random() < 0.3 else _CLAUSE.split(said["rest"])[0]
    subject = who if who[0].isupper() and (who == "I" or who.split()[0].lower() not in _SMALL) else _lower(who)
    be = re.fullmatch(_BE, verb) is not None
    first = verb if be else "did"
    then = "" if be else f" {present(verb, known)}"
    if who.lower() not in PEOPLE and who.lower() not in _VAGUE:
        word = "what" if who.split()[0].lower() in ("the", "a", "an", "this") else rng.choice(("who", "who", "what"))
        yield f"{word} {verb} {_less(rng, rest)}", said.start("who"), said.end("who")

    def asked(word: str, match: re.Match[str], left: str) -> tuple[str, int, int]:
        return f"{word} {first} {subject}{then} {left}", at + match.start("answer"), at + match.end("answer")

    for match in WHEN.finditer(rest):
        yield asked("when", match, _less(rng, rest[: match.start()]) + _after(rng, rest[match.end() :]))
    for match in WHERE.finditer(rest):
        if WHEN.fullmatch(" in " + match["answer"]) is None:
            yield asked("where", match, rest[: match.start()] + _after(rng, rest[match.end() :]))
    for match in BY.finditer(rest):
        yield asked("who", match, f"{rest[: match.start()]} {match['word']}")
    for match in MANY.finditer(rest):
        before = rest[: match.start()].strip()
        yield asked(f"how many {match['thing']}", match, before + _after(rng, rest[match.end() :]))
    if (what := WHAT.match(rest)) and what["answer"].lower() not in _SMALL:
        yield asked("what", what, _less(rng, what["left"]))


_SMALL = frozenset("the a an his her my our their this he she we they it".split())
_VAGUE = frozenset("it this that there".split())
_NO_SUBJECT = STOP - _SMALL - PEOPLE
_CLAUSE = re.compile(r",? (?:and|but|while|although|which|who|because|where) |; ")


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]


def _less(rng: random.Random, words: str) -> str:
    """Sometimes without what follows a comma or a further preposition."""
    if rng.random() < 0.5:
        return words
    cut = re.search(r".{8,}?(?=,| (?:in|on|at|from|with|for|and|which|that|when|as)\b)", words)
    return cut.group() if cut else words


def _after(rng: random.Random, words: str) -> str:
    return words if rng.random() < 0.4 else ""
