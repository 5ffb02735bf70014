"""A place that is named by what it holds: "the state where Silverton is located", "Karel Purkyně's birthplace"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.answering.texts.lives import place_of
from engine.answering.texts.naming import CAPITAL, NAME
from engine.answering.words.countries import countries_in
from engine.answering.words.grammar import LONGEST
from engine.answering.words.stems import stems_of

_NOUN = (
    r"country|city|town|state|county|province|region|district|territory|village|municipality|island|continent|area"
    r"|location|place"
)
_VERB = (
    r"(?:is|was|are|were|lies|sits) (?:located|situated|found|based|born|held|fought|filmed|set|made|formed|founded"
    r"|buried|raised)|(?:is|was) (?:a citizen|from|in|part)|died|lived|lives|takes place|took place|grew up|works?"
    r"|worked|belongs?|comes? from|originated|is|was"
)
_WHERE = re.compile(
    rf"\bthe (?:same )?(?P<noun>{_NOUN}) (?:where|in which|(?:that|which) contains?|containing|of which|that|which)?\s?"
    rf"(?:the )?(?P<of>(?-i:[{CAPITAL}“\"\d])(?:(?!\b(?:the|where|who|which|that)\b).)*?)"
    rf" (?P<verb>{_VERB})\b(?P<to> (?:of|in|to|from|at)\b)?(?! (?:the|a|an)\b)",
    re.I,
)
_HOLDING = re.compile(
    rf"\bthe (?P<noun>{_NOUN}) (?:that contains|which contains|containing) (?P<of>(?-i:[{CAPITAL}])[^?]*?)"
    r"(?=\s(?:is|was|did|does|has|become|became|leave|join|part)\b|\W*\Z)",
    re.I,
)
_BIRTH = re.compile(
    r"(?P<of>(?:[A-Z][\w.’-]*,? )*[A-Z][\w.’-]*)['’]s? (?P<noun>birthplace|(?:city|place|country|state|town) of birth"
    r"|birth (?:city|place|country|state)|hometown)\b"
    r"|\b(?:the )?(?P<noun2>birthplace|(?:city|place|country|state|town) of birth|birth (?:city|place)) of"
    r" (?P<of2>[A-Z][^?]*?)(?=\W*\Z)"
)


@dataclass(frozen=True, slots=True)
class In:
    """A place (`noun`) that `whose` is in, or was born or died in."""

    noun: str
    whose: str
    how: str  # is located, was born, died
    at: tuple[int, int]  # of the words that say so, in the question

    @property
    def asks(self) -> str:
        if "born" in self.how:
            return f"Where was {self.whose} born?"
        if "died" in self.how:
            return f"Where did {self.whose} die?"
        verb, _, rest = self.how.partition(" ")
        if verb in ("is", "was", "are", "were"):
            return f"In which {self.noun} {verb} {self.whose} {rest}".rstrip() + "?"
        return f"In which {self.noun} {self.whose} {self.how}?"

    def named(self, text: str, *, speaks: bool = False) -> Iterator[str]:
        """Names that a sentence gives to the place, the likeliest first."""
        own = frozenset(stems_of(self.whose))
        for name in self._named(text[:LONGEST]):
            if not own.issuperset(stems_of(name)):
                yield name

    def _named(self, text: str) -> Iterator[str]:
        event = "born" if "born" in self.how else "died" if "died" in self.how else None
        if self.noun == "country":
            yield from dict.fromkeys(country for _, country in countries_in(text))
            return
        if self.noun == "state":
            states = [
                match.group() for match, country in countries_in(text) if match.group() not in (country, "American")
            ]
            yield from dict.fromkeys(states)
            return
        if self.noun in ("county", "province", "district"):
            yield from re.findall(rf"{NAME} {self.noun.capitalize()}", text)
            return
        if event is not None and (place := place_of(text, event)) is not None:
            yield place.partition(",")[0]
        if event is None:
            yield from (match["name"] for match in re.finditer(rf"\b(?:in|at|of) (?:the )?(?P<name>{NAME})", text))


def in_in(text: str) -> In | None:
    """The place that a question names by what it holds."""
    text = text[:LONGEST]
    if (match := _BIRTH.search(text)) is not None:
        noun = (match["noun"] or match["noun2"]).lower()
        kind = next((one for one in ("country", "state") if one in noun), "city")
        return In(kind, match["of"] or match["of2"], "was born", match.span())
    if (match := _WHERE.search(text)) is not None:
        return In(match["noun"].lower(), match["of"].strip(" ,"), match["verb"].lower(), match.span())
    if (match := _HOLDING.search(text)) is not None and match["noun"].lower() != "city":
        return In(match["noun"].lower(), match["of"].strip(" ,"), "is located", match.span())
    return None
