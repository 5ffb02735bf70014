"""The chat: asking the real model, its citations by key and by click, stopping, the prompt, the reader's place."""

from __future__ import annotations

import base64
import os
import signal
from typing import Any

import pytest
from driving import RENT, Life, ask, owner_of, running, seen, until, write
from textual.pilot import Pilot
from textual.widgets import Markdown

from ui.screens.chat import Chat
from ui.screens.viewer import Viewer
from ui.widgets.citation import Citation
from ui.widgets.passage import Passage
from ui.widgets.turn import Turn

pytestmark = pytest.mark.asyncio


def chat_of(pilot: Pilot[None]) -> Chat:
    assert isinstance(pilot.app.screen, Chat)
    return pilot.app.screen


async def test_an_answer_with_its_hops_verdict_and_citations(life: Life) -> None:
    async with running(life.home) as pilot:
        await ask(pilot, RENT)
        turn = chat_of(pilot).turns[0]
        assert "12,450 SEK" in turn.said
        shown = seen(pilot)
        assert "✓ grounded" in shown
        assert "searched" in shown
        assert "[1] 2025-01-24-rent-and-heating.eml" in shown
        assert "opens a source" in shown
        turn.trail.focus()
        await pilot.press("enter")
        await until(pilot, lambda: "├ " in seen(pilot) and ".eml" in seen(pilot).split("[1]")[0])
        assert "ranked" in seen(pilot)


async def test_a_digit_opens_its_citation_at_the_place(life: Life) -> None:
    async with running(life.home, size=(80, 24)) as pilot:
        await ask(pilot, RENT)
        quotes = [record["quote"] for record in chat_of(pilot).turns[0].citations]
        await pilot.press("1")
        assert isinstance(pilot.app.screen, Viewer)
        await until(pilot, lambda: pilot.app.screen.query("Passage.cited"))
        await pilot.pause(0.2)
        assert "12,450 SEK a month" in seen(pilot)
        cited = pilot.app.screen.query_one("Passage.cited", Passage)
        assert cited.text[cited.quoted_at :].startswith(quotes[0])
        await pilot.press("right")
        await until(pilot, lambda: "[2] 2 of" in seen(pilot))
        await pilot.press("escape")
        assert chat_of(pilot).prompt.has_focus


async def test_a_click_opens_a_citation(life: Life) -> None:
    async with running(life.home, size=(140, 40)) as pilot:
        await ask(pilot, RENT)
        await pilot.click(pilot.app.screen.query(Citation)[1])
        assert isinstance(pilot.app.screen, Viewer)
        assert pilot.app.screen.position == 1


async def test_digits_are_digits_while_a_question_is_written(life: Life) -> None:
    async with running(life.home) as pilot:
        await ask(pilot, RENT)
        await write(pilot, "in 2024?")
        assert chat_of(pilot).prompt.text == "in 2024?"


async def test_what_nothing_grounds_is_said_and_shows_what_came_closest(life: Life) -> None:
    async with running(life.home, size=(140, 40)) as pilot:
        await ask(pilot, "zyxgrub florp?")
        shown = seen(pilot)
        assert "○ not grounded" in shown
        assert "Nothing in memory answers this." in shown


async def test_new_lines_and_earlier_questions(life: Life) -> None:
    async with running(life.home) as pilot:
        prompt = chat_of(pilot).prompt
        await write(pilot, "one")
        await pilot.press("ctrl+j")
        await write(pilot, "two")
        await pilot.press("alt+enter")
        await pilot.press("shift+enter")
        assert prompt.text == "one\ntwo\n\n"
        prompt.clear()
        await until(pilot, lambda: RENT in prompt._history)  # of the conversations before
        for question in ("first question", "second question"):
            prompt.text = question
            prompt.action_send()
        prompt.text = "a draft"
        await pilot.press("up")
        assert prompt.text == "second question"
        await pilot.press("up", "up")
        assert prompt.text not in ("first question", "second question", "a draft")
        await pilot.press("down")
        assert prompt.text == "first question"
        await pilot.press("down", "down", "down")
        assert prompt.text == "a draft"


async def test_a_reader_who_scrolled_away_is_left_there(life: Life) -> None:
    async with running(life.home, size=(80, 24)) as pilot:
        await ask(pilot, RENT)
        chat = chat_of(pilot)
        turn = Turn("a long one")
        await chat.transcript.mount(turn)
        chat.transcript.follow(turn)
        await turn.write("\n\n".join(f"line {number}" for number in range(40)))
        await until(pilot, lambda: chat.transcript.scroll_y > 20)
        end = chat.transcript.scroll_y
        await turn.write("\n\nmore " * 10)
        await until(pilot, lambda: chat.transcript.scroll_y > end)
        await pilot.press("pageup")
        await pilot.pause()
        here = chat.transcript.scroll_y
        await turn.write("\n\nand more" * 10)
        await pilot.pause(0.2)
        assert chat.transcript.scroll_y == here
        assert chat.transcript.max_scroll_y > here + 20
        await turn.end("stopped", "muted")


async def test_escape_stops_an_answer(life: Life) -> None:
    async with running(life.home) as pilot:
        chat = chat_of(pilot)
        os.kill(owner_of(life.home), signal.SIGSTOP)  # an answer that takes its time
        try:
            chat.prompt.text = RENT
            await pilot.press("enter")
            await until(pilot, lambda: "looking through memory" in seen(pilot))
            await pilot.press("escape")
            await until(pilot, lambda: not chat.turns[0].trail.working)
        finally:
            os.kill(owner_of(life.home), signal.SIGCONT)
        assert "stopped" in seen(pilot)
        await ask(pilot, RENT)  # the next one is answered as if nothing had been
        assert "12,450" in chat.turns[-1].said


async def test_a_new_conversation_may_begin_while_an_answer_is_under_way(life: Life) -> None:
    async with running(life.home) as pilot:
        chat = chat_of(pilot)
        for _ in range(3):
            chat.prompt.text = RENT
            await pilot.press("enter", "ctrl+n")
        await until(pilot, lambda: not chat.turns and "to ask about" in seen(pilot))
        await ask(pilot, RENT)
        assert "12,450" in chat.turns[0].said


async def test_words_of_documents_are_not_markup(life: Life) -> None:
    """Neither Textual's nor the terminal's, in answers, citations and the viewer."""
    evil = "[bold red]no[/] [link=x]y[/link] \x1b[31mred\x1b]0;title\x07 [@click=app.quit]quit[/] [/unbalanced"
    record: dict[str, Any] = {
        "n": 1, "document": "d-999999", "source": "/nowhere/[b]x[bold]\x1b[2J.md", "quote": evil, "page": None,
        "line_start": 1, "line_end": 1, "message": None, "also_in": [], "state": "gone", "present": False,
    }  # fmt: skip
    result = {
        "question": evil, "answer": evil, "grounded": True, "citations": [record], "nearest": [], "hops": [],
        "coverage": {"documents": 1, "searched": 1}, "model": evil, "timings_ms": {"total": 5},
    }  # fmt: skip
    async with running(life.home, size=(140, 40)) as pilot:
        chat = chat_of(pilot)
        await chat.transcript.mount(Turn(evil, result))
        await until(pilot, lambda: pilot.app.screen.query(Citation))
        await until(pilot, lambda: "[bold red]no[/]" in seen(pilot))
        shown = seen(pilot)
        assert "[b]x[bold]" in shown
        assert "\x1b" not in shown
        assert "the file is gone, no longer in memory" in shown
        chat.action_cite(1)
        await until(pilot, lambda: "not in memory any more" in seen(pilot))
        shown = seen(pilot)
        assert "[@click=app.quit]quit[/]" in shown
        assert "\x1b" not in shown


async def test_a_link_in_an_answer_opens_nothing(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    async with running(life.home) as pilot:
        monkeypatch.setattr(pilot.app, "open_url", lambda url, **more: opened.append(url))
        turn = Turn("where?")
        await chat_of(pilot).transcript.mount(turn)
        await turn.write("[see here](https://example.org/leak)")
        await turn.end("stopped", "muted")
        markdown = turn.query_one(Markdown)
        await until(pilot, lambda: "see here" in seen(pilot))
        await pilot.click(markdown, offset=(2, 0))
        await pilot.pause()
        assert opened == []


async def test_copying_goes_to_the_terminal(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(life.home) as pilot:
        await ask(pilot, RENT)
        written: list[str] = []
        assert pilot.app._driver is not None
        monkeypatch.setattr(pilot.app._driver, "write", written.append)
        await pilot.press("escape", "Y")
        sent = next(text for text in written if text.startswith("\x1b]52;c;"))
        copied = base64.b64decode(sent.removeprefix("\x1b]52;c;").rstrip("\a")).decode()
        assert "12,450 SEK" in copied
        assert "rental-contract.pdf" in copied


async def test_a_conversation_goes_on_and_a_new_one_begins(life: Life) -> None:
    async with running(life.home) as pilot:
        chat = chat_of(pilot)
        await ask(pilot, RENT)
        first = chat.conversation
        await ask(pilot, "And the deposit?")
        assert first is not None
        assert chat.conversation == first
        await pilot.press("ctrl+n")
        await until(pilot, lambda: not chat.turns)
        assert "to ask about" in seen(pilot)
        chat.load(first)
        await until(pilot, lambda: len(chat.turns) == 2)
        await until(pilot, lambda: chat.turns[1].query(".verdict"))
        assert "12,450 SEK" in chat.turns[0].said


async def test_it_lays_itself_out_for_every_size(life: Life) -> None:
    async with running(life.home, size=(140, 40)) as pilot:
        await ask(pilot, RENT)
        turn = chat_of(pilot).turns[0]
        beside = turn.query_one(".citations").region
        assert beside.x > turn.query_one(".said").region.x
        for size in ((80, 24), (40, 10), (20, 5), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        below = turn.query_one(".citations").region
        assert below.x == turn.query_one(".said").region.x
        assert below.y > turn.query_one(".said").region.y
        await pilot.press("1")
        assert isinstance(pilot.app.screen, Viewer)
