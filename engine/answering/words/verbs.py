"""Words for what is done. People say it in other words: what an answer lacks of them tells little, unlike a thing it
does not name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.answering.words.related import HINTED
from engine.answering.words.stems import stem

_EVERYDAY = """
accept add admit advise agree allow announce appear apply approve argue arrange arrive ask attend avoid become
begin believe belong bend bite blame blow borrow break bring build burn buy call cancel carry catch cause
celebrate change check choose clean clear climb close collect come complain complete confirm connect consider
contact contain continue count cover create cross cry cut deal decide decline decorate deliver demand deny
depend describe deserve destroy develop die discover discuss dislike draw dream drink drive drop earn eat employ
empty end enjoy enter escape exchange exist expect explain fail fall feed feel fetch fight fill find finish fit
fix fly fold follow forbid forget forgive gather give grab greet grow guess handle hang happen hate hear help
hide hire hit hold hope hurt imagine improve include increase inform insist install intend introduce invent
invite join judge jump keep kick kill know laugh lay lead lean learn leave lend lie lift like listen live look
lose love maintain manage marry matter measure meet mend mention mind miss mix move need notify obtain occur
offer open operate organise organize own pack pass pay pick play point pour practise prefer prepare pretend
prevent produce promise propose protect prove provide pull push quit raise reach read realise realize receive
recommend recover reduce refer refuse regret reject relax release remain remember remind remove repair repeat
replace reply require resign respond return ride ring rise run save search see seem sell send separate serve
settle share shine shoot shout show shut sing sit sleep slip smell smile solve speak spend spill spread stand
start stay steal stick stop submit succeed suffer suggest supply support suppose survive suspect swim talk taste
teach tear tend thank think throw tie touch translate treat try turn understand visit vote wait wake walk warn
wash watch wear weigh win wish wonder work worry wrap write
"""
VERBS = frozenset(stem(word) for word in _EVERYDAY.split())
_TELLS_TO = frozenset(  # to do it: more of these than people ask about
    "press push switch click screw unscrew bleed top refill heat stir add mix bake boil do go get use take put let set"
    " turn call ring be enter type scan reset restart plug unplug tap swipe twist lock unlock soak rinse wipe"
    " drain".split()
).union(_EVERYDAY.split())
_MORE = frozenset(  # what is asked of somebody: too common, or too much a thing, to count little
    "be have do live play work eat cost costs weigh called born feed bake go come need charge own use book retire "
    "study get die graduate educated buried attend teach drive earn".split()
)


def is_verb(word: str) -> bool:
    """Whether a word, in small letters, may be the verb of a question."""
    return stem(word) in VERBS or word in _MORE or word.endswith("ing")


def tells_to(text: str) -> bool:
    """Whether a sentence begins with what is to be done: "2. Press the reset key."."""
    found = _BEGINS.match(text)
    return found is not None and found["verb"].lower() in _TELLS_TO


def thing_missing(held: frozenset[str], hinted: frozenset[str], weights: Mapping[str, float]) -> float:
    """Weight of the heaviest of a question's stems that is no verb and not held, half of it where a related word is
    there, against the heaviest of all."""
    missing = (
        weight * (1.0 - HINTED * (one in hinted))
        for one, weight in weights.items()
        if one not in held and one not in VERBS
    )
    return max(missing, default=0.0) / max(weights.values(), default=1.0)


_BEGINS = re.compile(
    r"\W*(?:\d{1,2}[.)] *)?(?:(?:please|then|first|always|just|now|next),? )*(?P<verb>[a-z]+)"
    r" (?:the|an?|your|it|them|this|that|all|any|both|on|off|in|down|out|\d)\b",
    re.I,
)
