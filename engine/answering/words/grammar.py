"""Words of English that the patterns of several modules are made of, and how much of a text they look at."""

from __future__ import annotations

LONGEST = 1000  # characters of a question, or of a sentence, that are looked at for its form
AUXILIARIES = tuple(
    "is are am was were do does did has have had can could may might must shall should will would".split()
)
AUXILIARY = rf"(?:{'|'.join(AUXILIARIES)})"
WEEKDAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})"
MONTHS = tuple("January February March April May June July August September October November December".split())
MONTH_NAME = rf"(?:{'|'.join(MONTHS)})"
MONTH = (  # shortened as well, as "Jan" may be somebody
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
NUMBER_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|dozen|half|twice|once)"
)
KIN = (
    r"(?:mother|father|mum|mom|dad|sister|brother|uncle|aunt|cousin|niece|nephew|grand\w+|god\w+|wife|husband|partner"
    r"|daughter|son)"
)
ROLE = (  # what somebody is to another
    rf"(?:{KIN}|boss|manager|colleague|landlord|landlady|neighbou?r|host|teacher|tutor|trainer|coach|dentist|doctor"
    r"|gp|vet|plumber|electrician|roofer|gardener|cleaner|mechanic|lawyer|accountant|hairdresser|therapist|physio\w*"
    r"|handyman|builder|carpenter|painter|locksmith|supervisor|bookkeeper|treasurer|chair\w*|parent|owner|contact|nurse"
    r"|(?:flat|room|house|class|team|band|play|work)mate)"
)
SOMEBODY = rf"(?:{ROLE}|(?:girl|boy)?friend|man|woman|lady|guy|girl|boy|child|baby|kid|guest)"
