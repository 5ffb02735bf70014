"""`twin ask`: one question with a streamed answer, or a file of questions with one JSON object a line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from twin_app import render
from twin_app.errors import DONE, NOT_GROUNDED, TwinError, UsageError
from twin_app.invocation import Invocation
from twin_app.protocol import Event


def ask(invocation: Invocation) -> int:
    """Exit code 0 with an answer, 4 when nothing in memory grounds one; 0 for a file of questions."""
    if invocation.options.questions is not None:
        return _ask_many(invocation)
    question, context = _question(invocation.options.words)
    console, streamed = invocation.console, []

    def on_event(event: Event) -> None:
        if event["event"] == "text" and not invocation.is_json:
            streamed.append(render.clean(str(event["delta"])))
            console.write(streamed[-1])
        elif event["event"] == "note":
            console.say(f"twin: {render.one_line(str(event['text']))}")

    params = {
        **_scope(invocation),
        "question": question,
        "context": context,
        "stream": not invocation.is_json,
    }
    result = invocation.client.call("ask", params, on_event)
    if invocation.is_json:
        console.json(result)
    else:
        render.answer(console, result, "".join(streamed))
    return DONE if result["grounded"] else NOT_GROUNDED


def _ask_many(invocation: Invocation) -> int:
    if invocation.options.words:
        raise UsageError("give a question or --questions, not both")
    if invocation.options.carry_on:
        raise UsageError("--questions and -c do not go together: each question of a file stands for itself")
    questions = _read_questions(invocation.options.questions)

    def on_event(event: Event) -> None:
        if event["event"] == "item":
            invocation.console.json(event["value"])

    invocation.client.call("ask_many", {**_scope(invocation), "questions": questions, "stream": False}, on_event)
    return DONE


def _scope(invocation: Invocation) -> dict[str, Any]:
    """What both forms of asking have in common."""
    options = invocation.options
    return {
        "since": options.since,
        "until": options.until,
        "as_of": options.as_of,
        "inside": None if options.inside is None else str(options.inside),
        "top": options.top,
        "retrieval": options.retrieval or invocation.sourced.settings.retrieval,
        "continue": options.carry_on,
        "save": not options.no_save,
        "model": invocation.sourced.overrides.get("model"),
    }


def _question(words: list[str]) -> tuple[str, str]:
    """Question and context. Standard input is read only where "-" stands for one of them."""
    context = ""
    if words == ["-"]:
        words = [_standard_input()]
    elif words and words[-1] == "-":
        words, context = words[:-1], _standard_input()
    question = " ".join(words).strip()
    if not question:
        raise UsageError("no question: write `twin ask QUESTION`, or `twin ask -` to read it from standard input")
    return question, context


def _standard_input() -> str:
    return sys.stdin.buffer.read().decode("utf-8", errors="replace").strip()


def _read_questions(name: str) -> list[dict[str, Any]]:
    """The questions of a JSON-lines file. Raises TwinError naming the line that is wrong."""
    try:
        text = _standard_input() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TwinError(f"cannot read {name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TwinError(f"cannot read {name}: it is not UTF-8") from error
    questions: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
            if not isinstance(found["question"], str):
                raise TypeError("the question is no text")
            questions.append({"id": found["id"], "question": found["question"]})
        except (ValueError, KeyError, TypeError) as error:
            raise TwinError(f'{name}, line {number}: needs a JSON object with "id" and "question"') from error
    return questions
