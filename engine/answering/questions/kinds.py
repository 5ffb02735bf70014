"""Kinds of answers: what in a question asks for one, and what it looks like in a text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.answering.questions.focus import is_bare
from engine.answering.questions.things import Things, things_asked
from engine.answering.words.countries import any_country
from engine.answering.words.grammar import LONGEST, NUMBER_WORD, ROLE, WEEKDAY
from engine.answering.words.stems import WORD

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
    r"|(?:(?-i:May|MAY)|(?<=\d )may|may(?= \d))(?! (?:i|we|you|he|she|they|it|be|not)\b))"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of answer: what asks for it, and what it looks like."""

    name: str
    asked: re.Pattern[str]
    looks: re.Pattern[str] | Things
    wider: str | None = None  # what a reader that learnt KINDS takes it for; None: for nothing it knows
    is_open: bool = False  # there are more such answers than `looks` finds: a text without one may answer
    weight: float = 1.0  # of holding one: a wren, where a bird is asked for, is met less by chance than a day or a food


def _kind(name: str, asked: str, looks: str, *, case: bool = False) -> Kind:
    return Kind(name, re.compile(asked, re.I), re.compile(looks, 0 if case else re.I), name)


def _narrow(name: str, asked: str, looks: str, wider: str | None = "number") -> Kind:
    return Kind(name, re.compile(asked, re.I), re.compile(looks, re.I), wider)


UNIT = (
    r"(?:%|[$€£]|(?:per ?cent|degrees?|million|kg|g|km|cm|mm?|l|litres?|gb|mb|kr|kronor|sek|eur|euros?|usd|gbp"
    r"|pounds?)\b)"
)
_MEASURE = rf"(?!(?:\s|>)*{UNIT})"  # 3.15 per cent is no day and no time of day
_DATE = (
    rf"\b{_MONTH}\b|\b(?:1[0-9]|20)\d\d\b|\b\d{{1,2}}/\d{{1,2}}\b|\b\d{{1,2}}(?:st|nd|rd|th)\b"
    rf"|\b(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\b{_MEASURE}"
)
_HOUR = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_CLOCK = (
    rf"\b(?:[01]?\d|2[0-4])(?::[0-5]\d\b|\.[0-5]\d\b{_MEASURE})|\b\d{{1,2}} ?[ap]\.?m\b|o'clock|\b(?:noon|midnight)\b"
    rf"|\bhalf past\b|\bat {_HOUR}\b"
)
_WEEKDAY = rf"\b{WEEKDAY}s?\b"
_NO_YEAR = "".join(f"(?<!{end} )" for end in ("ary", "rch", "ril", "ay", "une", "uly", "ust", "ber"))  # of a month
_NO_HOUR = "".join(f"(?<!\\b{word} )" for word in ("by", "until", "till", "before", "after"))
_OWN = (  # "What is Ben's new email?", "plumber's phone", not "What happened to my phone?"
    r"(?:^\W*|\bwhat(?:['’]s| is| was) |\bha(?:ve|s) |\bgive me )"
    r"(?:(?:(?:my|our|his|her|their|the) )?\w+['’]?s|my|our|his|her|their|the)"
    r" (?:(?:new|old|current|private|personal|work|home|mobile|office|support|contact|main|former) )*"
)
_HOW_TO = r"\bhow (?:do|can|could|would|should|must) (?:I|we|you|one)"
_REACHED = (
    rf"(?:(?:the|my|our|[\w-]+['’]s) (?:[\w-]+ ){{0,2}}(?:{ROLE}|sitter|babysitter|caretaker|agent|hotline)\b"
    r"|[^?]*\bwho\b)"
)
_BEFORE_COUNTS = (  # "number 26", "about 40 people" are no addresses
    r"numbers?|no|nr|page|room|plot|version|line|bus|tram|route|than|about|over|under|of|on|in|at|to|and|or|for|by|from"
    r"|least|most|only|until|till|since|after|before|is|was|are|were|be|costs?|paid|pay|week|day|year|grade|class|size|the"
    r"|with|took|take|has|have|had|came|within|every|aged?|around|nearly|almost|another|all|some|gets?|got|gate|platform|chapter|invoice|windows|iphone"
)
_OF_COUNTS = (
    r"\s*(?:[%°$€£¥]|(?:per ?cent|degrees?|people|times|years?|months?|weeks?|days?|hours?|minutes?|kg|km|cm|mm|kr|sek"
    r"|eur|euros?|usd|gbp|pounds?|dollars?)\b)"
)
KINDS: tuple[Kind, ...] = (
    _kind("email", rf"\b(?:e-?)?mail address\b(?!.*\b(?:say|said|about|mention))|{_OWN}e-?mail(?: at \w+)?\W*\Z"
          r"|^\W*(?:\w+ )?e-?mail\W*\Z|\be-?mail (?:of|for) (?!.*\b(?:sa(?:y|id)|about|mention\w*|promise\w*)\b)"
          r"|\b(?:what|which) e-?mail (?:can|should|do|did|have) (?:I|we)\b",
          r"(?<![^\s@])[^\s@]{1,64}@[^\s@]{1,200}\.\w+"),
    _kind("phone", r"\b(phone|telephone|mobile)\b.*\bnumber|\bnumber\b.*\b(call|dial|reach|reaches|ring)\b"
          rf"|\b(call|dial|reach|ring)\b.*\bnumber|{_OWN}(?:tele)?phone\W*\Z"
          r"|^\W*(?:\w+ )?phone\W*\Z|\bphone (?:of|for)\b"
          rf"|\bnumber (?:of|for) (?:\w+ ){{0,3}}?(?:person|one|man|woman|friend|who\w*|{ROLE})\b"
          rf"|(?:['’]s|\bwhose) number\b|{_HOW_TO} (?:get|reach|have) [^?]+ on the phone\b"
          rf"|{_HOW_TO} (?:call|ring|phone|get hold of|get in touch with|contact) (?:{_REACHED}"
          r"|(?-i:[A-Z])\w+\b)(?!.*\bmail\b)"
          rf"|{_HOW_TO} reach {_REACHED}",
          r"(?<![\d/.-])\+?(?!\d{4}-\d\d-\d\d\b|\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d\b)\d[\d\s()/.-]{5,}\d"),
    _kind("code", r"\b(code|serial|confirmation|booking|reference|policy|licen[cs]e|frame|account|registration|model"
          r"|passport|claim|order|invoice|version|pin|password|iban)\b.*\b(number|code|no\.?|version|pin|reference)\b"
          r"|\b(?:number(?! of (?:(?-i:[a-z])[\w-]* )?(?:(?-i:[a-z])\w*s|people|children|men|women)\b)"
          r"|code|version|pin|serial|iban|password)\b.*"
          r"\b(of|for|on|to)\b|\bwhich (code|version|shelf)\b|\b(?:what|which) (?:\w+ )?(?:code|password|pin)\b",
          r"(?<![$€£¥])(?<![$€£¥] )(?<!\d[.,])"
          + _NO_YEAR + r"\b(?=\w*\d)(?!\d{1,2}\b(?![./-]\d))[\w/.-]{2,}\b"
          r"(?![\d.,]* ?(?:[$€£¥]|(?:euros?|eur|usd|gbp|sek|chf|pounds|dollars|kr)\b))"
          r"|\+?\d[\d ]{6,}\d|\bversion \w"
          r"|\b(?:code|number|no\.?|nr|pin|locker)\W{1,3}(?:is |was )?\d{1,2}\b"),
    _kind("address", r"\baddress\b",
          rf"\b(?!(?:{_MONTH}|\w+day|{_BEFORE_COUNTS})\b)[^\W\d]\w+ \d{{1,4}}(?:[-/:]\d{{1,4}})?[a-z]?\b"
          rf"(?![.,:/-]?\d)(?!{_OF_COUNTS})"
          rf"|\b\d+[a-z]?,? (?!{_MONTH}\b)[^\W\d]\w{{3,}} (?:street|road|lane|square|row|loan|avenue|way|place"
          r"|close|drive|gardens?|terrace|court|crescent|mews|grove|hill|quay|walk|alley|yard|st|rd|ave)\b"
          r"|\baddress(?: \(\w+\))?:"),
    _kind("money", r"\bhow much\b.*\b(cost|costs|pay|paid|price|rent|owe|charge|charged|fee|spend|spent|worth|deposit"
          r"|earn|make|save|bill|budget|amount|total|money)\b"
          r"|\bhow much (?:is|was|are|were) (?:the|an?|my|our|it|that)\b"
          r"|\bwhat (?:did|do|does|will)\b.*\b(?:cost|pay|owe|earn|charge)\b"
          r"|\bwhat (?:is|are|was|were)\b.*\bworth\b"
          r"|\bwhat (?:did|do|does|will|can|could) [^?]*\bsell\b[^?]* for(?: now| then)?\W*\Z"
          r"|\bwhat (?:is|was) the (?:ticket|entry|entrance|admission|fare|fine|toll|membership|subscription)\b"
          r"(?! (?:number|code|about|date))"
          r"|\b(price|cost|rent|fee|deposit|premium|salary|budget|deductible|total"
          r"|bill)\b", r"[$€£¥]\s?\d|\b\d[\d.,\s]{0,18}(?:euros?|eur|dollars?|usd|pounds?|gbp|kr|kronor|sek|cents?"
          r"|francs?"
          r"|chf|nok|dkk|pln|czk|huf|jpy|inr|aud|cad|rupees?|quid|bucks|crowns|kroner|pesos?|yen|zloty|lakhs?)\b"
          r"|\b\d[\d.,\s]{0,18}[$€£¥]"
          r"|\b(?:eur|usd|gbp|sek|chf)\s?\d|" + _NO_HOUR + r"\b\d+[.,]\d\d\b(?![.:]\d| ?(?:a\.m|p\.?m\b))"),
    _kind("clock", r"\b(?<!in )(what|which) time\b|\bhow early\b|\bhow late\b", _CLOCK),
    _kind("weekday", r"\b(what|which) (day|days|weekday|weekdays)\b(?! of the month)", _WEEKDAY + "|" + _DATE),
    _kind("duration", r"\bhow long\b(?! ago)", rf"(?:\d|\b{NUMBER_WORD}\b).{{0,12}}\b(?:second|minute|hour|day|night"
          r"|week|month|year|min|h|hrs?)s?\b"),
    _kind("time", r"\bwhen\b|\b(what|which) (date|year|month|week)\b|\bhow long ago\b|\bdeadline\b|\bbirthday\b|\bdue\b"
          r"|\bwhich dates\b", rf"{_DATE}|{_CLOCK}|{_WEEKDAY}"
          r"|\b(?:today|tomorrow|yesterday|tonight|weekdays|weekends)\b"
          r"|\b(?:next|last|this) (?:week|month|year|spring|summer|autumn|winter)\b"),
    _kind("number", r"\bhow (many|much|old|far|big|tall|high|large|heavy|often|fast|deep|wide|hot|warm|cold|strong)\b"
          r"|\b(percentage|size|temperature|dose|pressure|number|degrees|speed|weight|height|distance)\b",
          rf"\d|\b{NUMBER_WORD}\b|\b(?:every|daily|weekly|monthly|yearly)\b"),
    _kind("person", r"\bwho(m|se)?\b|\b(what|which) (person|man|woman|doctor|author|actor|singer|band)\b|\bname\b"
          r"|\bcalled\b", rf"\b(?!(?i:{_MONTH}|\w+day)\b)[A-Z][\w’'-]+", case=True),
    _kind("place", r"\bwhere\b|\b(what|which) (city|town|place|country|street|hotel|venue|restaurant|room)\b",
          r"\b(?:in|at|on|to|from|near|behind|under|inside|into|by|opposite|next to|with)\b "
          rf"(?:the |an? |our |my )?[“\"]?(?!\w+days?\b|{_MONTH}\b|\d[\d:.,]*(?:st|nd|rd|th)?\b)[\w-]+"
          rf"|\b\d+ (?!{_MONTH}\b)(?-i:[A-Z])\w+|\b\w+ (?:house|hall|hotel|street|road|lane|square|inn|café|row)\b"),
    _kind("reason", r"\bwhy\b|\bhow come\b|\bwhat for\b|\breason\b",
          r"\b(?:because|since|so that|due to|as it|in order|to|reason|cause[ds]?|trouble|turned out"
          r"|(?:died|die) (?:of|from))\b"),
)  # fmt: skip

_COUNT = rf"(?:\d|\b{NUMBER_WORD}\b)\s?-?"
_LENGTH = (
    rf"{_COUNT}(?:mm|cm|m|km|(?:centi|milli|kilo)?met(?:re|er)s?|miles?|feet|foot|ft|inch(?:es)?|in|yards?|yd)\b"
    r"|\d\s?[\"″′]"
)
_NUMBERED = "(?:room|platform|gate|floor|terminal|seat)"
NARROW: tuple[Kind, ...] = (
    *(_narrow(f"number of {units}", rf"\bhow many (?:{asked})\b",
              rf"(?:{_COUNT}|\b(?:an?|half an|dozen) |½ ?)(?:{told})\b")
      for units, asked, told in (
          ("hours", "hours?|hrs?", "hours?|hrs?|h"),
          ("minutes", "minutes?|mins?", "minutes?|mins?|(?:an |a half |and a half )?hours?"),
          ("kilometres", "kilomet(?:re|er)s?|kms?", "kilomet(?:re|er)s?|kms?|k"), ("miles", "miles?", "miles?|mi"),
          ("kilos", "kilo(?:gram)?s?|kg", "kilo(?:gram)?s?|kgs?"), ("grams", "grams?", "grams?|g|kg"),
          ("litres", "lit(?:re|er)s?", "lit(?:re|er)s?|l"),
      )),
    _narrow("weekday", r"\b(?:what|which) (?:weekdays?|days? of the week)\b", _WEEKDAY, "weekday"),
    _narrow("length", r"\bhow (?:wide|tall|deep|thick)\b|\bwhat (?:is|was|are) .*\b(?:length|width|height|depth)\b",
            _LENGTH),
    _narrow("weight", r"\bhow heavy\b|\bhow much\b.*\bweigh(?:s|ed)?\b|\bwhat (?:did|does|do)\b.*\bweigh\b",
            rf"{_COUNT}(?:kilo(?:gram)?s?|kgs?|g|grams?|lbs?|pounds?|ounces?|oz|stones?|st|tonnes?|tons?)\b"),
    _narrow("temperature", r"\bhow (?:hot|warm|cold)\b|\btemperature\b",
            rf"\d\s?(?:°|º|C\b|F\b)|{_COUNT}(?:degrees?|celsius|below|above)\b|\d[.,]\d"),
    _narrow("speed", r"\bhow fast\b",
            rf"{_COUNT}(?:km/h|kph|kmh|mph|knots|m/s|[mg]bit|[mg]bps|hours?|minutes?|mins?|seconds?)|\b\d+:\d\d"),
    _narrow("time taken", r"\bin (?:what|which) time\b(?! zone)|\bfinish(?:ing)? time\b",
            rf"\b\d+:\d\d\b|{_COUNT}(?:hours?|minutes?|mins?|seconds?|secs?|h)\b", "duration"),
    _narrow("share", r"\bpercentage\b|\b(?:how many|what|which) per ?cent\b", rf"{_COUNT}(?:%|per ?cent)"),
    _narrow("frequency", r"\bhow often\b",
            r"\b(?:every|each|daily|weekly|monthly|yearly|nightly|annual(?:ly)?|hourly|once|twice"
            r"|fortnight(?:ly)?|never|rarely"
            rf"|always)\b|\b(?:\d+|{NUMBER_WORD}) ?(?:times|x)\b|\ba (?:day|week|month|year)\b"),
    Kind("numbered", re.compile(rf"\b(?:what|which) {_NUMBERED}\b", re.I),
         re.compile(rf"\b{_NUMBERED}s? (?:no\.? ?|number )?(?-i:[A-Z\d])[\w-]*|(?:\b(?-i:[A-Z])\w+|\d(?:st|nd|rd|th)"
                    rf"|\b(?:first|second|third|fourth|fifth|sixth|top|ground)) {_NUMBERED}\b"
                    r"|\b(?-i:[A-Z])\d{2,4}\b", re.I),
         "place", is_open=True),
    _narrow("colour", r"\b(?:what|which) (?:\w+ )?colou?rs?\b|\bcolou?r of\b",
            r"\b(?:red|blue|green|yellow|orange|purple|violet|pink|brown|black|white|gr[ae]y|silver|gold(?:en)?|beige|cream"
            r"|navy|turquoise|teal|maroon|crimson|scarlet|lilac|lavender|mauve|magenta|indigo|ochre|mustard|olive|sage|mint"
            r"|ivory|charcoal|anthracite|copper|bronze|burgundy|petrol|khaki|tan|rust|amber|cyan|peach|coral|terracotta"
            r"|aubergine)\b", None),
    _narrow("job", r"\b(?:job|profession|occupation)\b(?! (?:interview|offer|application))"
            r"|\bfor (?:a|her|his|their) living\b|\bwhat does (?-i:[A-Z])[\w ]+ (?:do|work as)\W*\Z",
            r"\b(?:as an? \w+|(?:is|was|becomes?|became|been) (?:now )?an? \w+|works? (?:as|for|at|in)\b|worked|working"
            r"|job|earns?|trained|employed|hired|boss|profession|career)\b", None),
    Kind("country", re.compile(r"\bnationality\b|\b(?:what|which) (?:country|nation)\b|\bcitizenship\b", re.I),
         re.compile(rf"(?<!\w){any_country()}"), "place"),
    _narrow("leave", r"^\W*(?:may|can|could) (?:i|we|one|you|people)\b"
            r"(?! (?:please )?(?:tell|remind|say|give|list|get|see|know|find|have (?:the|my|your|\w+['’]s)\b))"
            r"|^\W*(?:is|are|am|was|were|does|do|did)\b.*\b(?:allow(?:s|ed)?|permit(?:s|ted)?|includ(?:es?|ed)|cover(?:s|ed)?"
            r"|forbidden)\b",
            r"\b(?:(?:dis)?allow\w*|permit\w*|forbid\w*|prohibit\w*|banned|includ\w+|exclud\w+|cover(?:s|ed)?|accepted|welcome"
            r"|not|no|never|avoid|fine|ok(?:ay)?|may|can|must|yes|extra|against|approved|rejected)\b|n['’]t\b", None),
)  # fmt: skip

SPECIFIC = ("email", "phone", "code", "address", "money", "clock")  # seldom met by chance
TIMED = ("time", "weekday", "clock", "duration")
MONEY = re.compile(
    r"(?:[$€£¥]|\b(?:eur|usd|gbp|sek|chf)\b) ?\d[\d.,]*|\d[\d.,\s]{0,18}(?:[$€£¥]|(?:euros?|eur"
    r"|dollars?|usd|pounds?|gbp|kr|kronor|sek|francs?|chf|rupees?|quid|bucks)\b)",
    re.I,
)
_LISTED = frozenset(("instrument",))  # things of which the table has nearly all
_NEVER = re.compile(r"(?!)")
_MEANS = re.compile(r"\bwhat (?:does|do|did|is)\b.*\b(?:means?|meant|meaning|stands? for)\b", re.I)


_CODE = re.compile(
    r"\b(?<!dress )(?<!morse )(?<!bar )(?<!qr )(?:code(?! of| review| scanner)|password)\b|\bpin\b(?! board)", re.I
)
_WHAT = re.compile(r"\W*(?:(?:and|so|but) )?what (?P<done>(?!is\b|was\b|are\b|were\b))?", re.I)
_A_DAY = re.compile(r"\b(?:dates?|days?|deadline (?:did|does|has|was|is)|due date)\b|\babout when\b|- when\b", re.I)
_WAY = re.compile(rf"\W*(?:(?:and|so|but) )?{_HOW_TO}\b", re.I)
_ASKED_TOO = re.compile(r"\b(?:what|which|who|whose|when|where|how|by phone)\b", re.I)
_JOINED = re.compile(r"(?:\band|\bor|\bsince|\bfrom|\bby|\buntil|\btill|,)\W*\Z", re.I)


def _is_beside(text: str, named: re.Match[str], kind: str) -> bool:
    """Whether a question for something else only names it: "How do I top up the pressure?", "What went wrong when
    ...?", "What did we give her for her birthday?"."""
    if (way := _WAY.match(text)) is not None:
        return named.start() >= way.end() and _ASKED_TOO.search(text, way.end(), named.end()) is None
    if kind != "time":
        return False
    if (asked := _WHAT.match(text)) is None or asked.end() > named.start():
        return False
    if _A_DAY.search(text, asked.end(), named.end() + len(" dates")) is not None:
        return False
    if named.group().lower() == "when":
        return _JOINED.search(text, 0, named.start()) is None
    return asked["done"] is not None and named.group().lower() in ("birthday", "deadline", "due")


def asks_how_to(text: str) -> bool:
    """How something is done is asked."""
    return _WAY.match(text) is not None


def _sought(text: str) -> Kind | None:
    """Of words as they are typed into a search, where they name no question: "container door code"."""
    is_code = _CODE.search(text) is not None and is_bare([m.group().lower() for m in WORD.finditer(text)])
    return next(kind for kind in KINDS if kind.name == "code") if is_code else None


def kind_of(text: str) -> Kind | None:
    """The kind asked for first; of two at one place a narrow one, else the first. What a code means is no code."""
    text = text[:LONGEST]
    if _MEANS.search(text) is not None:
        return None
    kinds = enumerate((*NARROW, *KINDS))
    asked = [
        (m.start(), at, kind)
        for at, kind in kinds
        if (m := kind.asked.search(text)) is not None and not _is_beside(text, m, kind.name)
    ]
    first = min(asked, default=None, key=lambda one: one[:2])
    if (things := things_asked(text)) is not None and (first is None or things[0] < first[0]):
        is_open = things[1] not in _LISTED
        weight = 2.0 if is_open and things[2].are_few else 1.0
        return Kind(things[1], _NEVER, things[2], is_open=is_open, weight=weight)
    return first[2] if first else _sought(text)
