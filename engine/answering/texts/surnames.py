"""Somebody's last name, by any text that has both names: "What is Priya's last name?", "Priya Raman"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.answering.texts.naming import CAPITAL
from engine.answering.words.grammar import LONGEST, SOMEBODY

_NAME = rf"[{CAPITAL}][\w’-]+"
_LAST = r"(?i:last|family|sur|second) ?(?i:name)"
_ONE = rf"(?!(?i:{SOMEBODY}|friend|teacher)s?\b)[^\W\d][\w-]+"  # somebody by name, in small letters as well
_ASKED = re.compile(rf"\b(?P<of>{_ONE})['’]s {_LAST}\b|\b{_LAST} of (?P<whose>{_ONE})\W*\Z")
_SURNAME = rf"(?:[{CAPITAL}]['’])?[{CAPITAL}][\w-]++"  # O'Brien
_OTHERWISE = re.compile(r"\b(?:was|before|now|maiden|former|old|new|used to)\b", re.I)  # names that change
_SAID = re.compile(r"\b(?:last|family|sur) ?name\b", re.I)  # then the text tells it in other ways
_PARTICLES = r"(?:(?:van|von|de|der|den|la|da|dos|al|el|di) )*"


@dataclass(frozen=True, slots=True)
class Surname:
    """Of somebody whose last name is asked for, the first one."""

    first: str

    @classmethod
    def of(cls, question: str) -> Surname | None:
        asked = _ASKED.search(question[:LONGEST]) if _OTHERWISE.search(question[:LONGEST]) is None else None
        return cls(asked["of"] or asked["whose"]) if asked is not None else None

    def rank(self, text: str, near: frozenset[str] = frozenset()) -> int:
        """1 of a sentence that has both names."""
        return int(bool(self.short(text)))

    def short(self, text: str) -> str:
        """What stands behind the first name as the last one; of nobody else, nor of somebody who owns something."""
        text = text[:LONGEST]
        names = rf"(?={_PARTICLES}{_NAME})((?:{_PARTICLES}{_SURNAME} ?){{1,3}}+)(?!['’]s)"
        found = re.search(rf"\b(?i:{re.escape(self.first)}) {names}", text)
        if found is None or _SAID.search(text) is not None:
            return ""
        begins = list(re.finditer(rf"(?:\A|(?<= )){_PARTICLES}{_SURNAME}", found[1].rstrip()))
        return begins[-1].group() if begins else ""
