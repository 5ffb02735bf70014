"""Questions made from plain text: a sentence is hidden, thinned, or asked for by a wh-word; a title; keywords."""

from __future__ import annotations

import random
import re

SENTENCE = re.compile(r"[^.!?\n]{20,320}(?:[.!?]|\n|$)")
NAME = re.compile(r"(?<=[a-z,;] )(?:(?:Mr|Mrs|Dr|St)\. )?[A-Z][a-z]+(?: (?:of |de |van )?[A-Z][a-z]+)*")
NUMBER = re.compile(r"\b\d[\d,.]*\b")
YEAR = re.compile(r"\b(?:in |on )?(?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|September|"
                  r"October|November|December)?(?: \d{1,2},)? ?(?:1[5-9]|20)\d\d\b")  # fmt: skip
COMMON = frozenset(
    "a an the of to in on at by for with from as is are was were be been being it its this that these those he she "
    "they we i you his her their our my your and or but if then than so not no do does did have has had will would "
    "can could may might shall should there here who whom which what when where why how all any some more most "
    "very just about into over under after before also up out off only own same such too s t".split()
)


def make_question(rng: random.Random, context: str, text: str) -> tuple[str, str] | None:
    """(question, the text the document shall keep) for one passage, or None where it has no usable sentence."""
    kind = rng.random()
    title = context.partition("\n")[0].strip()
    if kind < 0.12 and 2 <= len(title.split()) <= 12:
        return _phrase(rng, title.replace(" > ", " ")), text
    spans = [m.span() for m in SENTENCE.finditer(text) if len(m.group().split()) >= 5]
    if not spans:
        return None
    start, end = rng.choice(spans)
    sentence = text[start:end].strip()
    # a hidden sentence teaches meaning, a kept one teaches to find words; documents must not become empty
    keep = text if rng.random() < 0.6 or len(text) < 3 * len(sentence) else text[:start] + text[end:]
    if kind < 0.45:
        return _phrase(rng, ask_for(rng, sentence)), keep
    if kind < 0.70:
        return _phrase(rng, keywords(rng, sentence)), keep
    return thin(rng, sentence), keep


def ask_for(rng: random.Random, sentence: str) -> str:
    """The sentence with a name, year or number replaced by its wh-word, asked as a question."""
    options = [("when", m.span()) for m in YEAR.finditer(sentence)]
    options += [(rng.choice(("who", "what", "which")), m.span()) for m in NAME.finditer(sentence)]
    options += [("how many", m.span()) for m in NUMBER.finditer(sentence)]
    words = sentence.strip(" .!?\n")
    if not options:
        return f"{rng.choice(('what', 'why', 'how', 'who', 'where'))} {thin(rng, words)}"
    wh, (start, end) = rng.choice(options)
    rest = f"{words[:start].strip()} {words[end:].strip()}".strip()
    if rng.random() < 0.5:
        return f"{wh} {thin(rng, rest)}"
    return f"{words[:start].strip()} {wh} {words[end:].strip()}".strip()


def keywords(rng: random.Random, sentence: str) -> str:
    """Two to six of the sentence's content words, in order."""
    words = [w.strip(".,;:!?\"'()[]") for w in sentence.split()]
    content = [i for i, w in enumerate(words) if w.lower() not in COMMON and len(w) > 1]
    if len(content) < 2:
        return sentence
    chosen = sorted(rng.sample(content, min(len(content), rng.randint(2, 6))))
    return " ".join(words[i] for i in chosen)


def thin(rng: random.Random, sentence: str) -> str:
    """The sentence with a random share of its words dropped."""
    share = rng.choice((0.0, 0.2, 0.4, 0.6))
    kept = [word for word in sentence.split() if rng.random() >= share]
    return " ".join(kept) if len(kept) >= 3 else sentence


def _phrase(rng: random.Random, words: str) -> str:
    words = words.lower() if rng.random() < 0.3 else words
    return words + rng.choice(("", "", "?", "?", "?", " ?"))
