"""The question in what is typed: greetings, thanks and "could you look up" around it ask for nothing."""

from __future__ import annotations

import re

_BEFORE = re.compile(
    r"""(?:[\W_]*(?:
    (?:hi|hey|hello|hiya|dear)(?:\ (?:there|twin))?(?=\s*[,.:;!–-])
    |good\ (?:morning|afternoon|evening)(?!\ (?!twin\b)(?-i:[A-Z]))|twin(?=\s*[,:])
    |(?:ok|okay|um+|hm+|well|so|right|and|now|oh|sorry|please)
      (?=\s*[,.:;!–-]|\ (?:ok|so|well|please(?!\ (?-i:[A-Z][a-z]))|wh\w+|how|tell\ me|remind\ me)\b)
    |(?:a\ )?(?:quick|short|one|another|my|next|last)?\ ?question(?=\s*[:,.–-])
    |i(?:\ have|['’]ve)?\ (?:forgot(?:ten)?|forget)(?=\s*[:,.;–-])
    |i\ (?:can['’]?t|cannot|don['’]?t)\ (?:remember|recall)(?=\s*[:,.;–-])
    |(?:could|can|would|will)\ you\ (?:please\ )?(?:look\ up|check|find\ out|find|tell\ me|remind\ me|say)
      (?:\ (?:for\ me|again|quickly|please))*(?=\s*[:,–-])
    |(?:tell|remind)\ me(?:\ (?:again|please))*(?=\s*[:,–-])
    )\b)+[\s,.:;!–-]*""",
    re.IGNORECASE | re.VERBOSE,
)
_BEHIND = re.compile(
    r"""(?<=[?.!,])[\s(–-]*(?:
    (?:many\ )?(?:thanks|thank\ you|thx|cheers|ta)(?:\ (?:a\ lot|so\ much|in\ advance|again|twin))?
    |please(?:\ (?:be|keep\ it|answer)\ (?:brief|short|briefly|quick)\w*)?
    |(?:be|keep\ it|answer)\ (?:brief|short|briefly)
    |i\ (?:can['’]?t|cannot|don['’]?t)\ (?:remember|recall)(?:\ (?:it|any\ ?more))?
    |i(?:['’]ve|\ have)?\ forgot(?:ten)?(?:\ it)?
    |i\ need\ (?:it|this|that|to\ know)(?:\ (?:for|by)\ (?:to\w+|my\ \w+|the\ \w+)(?:\ \w+)?)?
      (?:\ (?:asap|soon|quickly|now))?
    |answer(?=:)|(?:quick|urgent)(?:ly)?
    )\b[\s.!?):]*\Z""",
    re.IGNORECASE | re.VERBOSE,
)
LEAST = 2  # words of a question
LONGEST = 400  # characters that are looked at; nobody is as polite at greater length


def question_in(typed: str) -> str:
    """What is asked, as it is typed; all of it where nothing else would be left."""
    if len(typed) > LONGEST:
        return typed
    asked = typed
    if (before := _BEFORE.match(asked)) is not None:
        asked = asked[before.end() :]
    while (behind := _BEHIND.search(asked)) is not None:
        asked = asked[: behind.start()]
    if len(asked.split()) < LEAST:
        return typed
    return asked if asked == typed else asked[:1].upper() + asked[1:]
