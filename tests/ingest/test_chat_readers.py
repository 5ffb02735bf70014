"""Chat exports: WhatsApp in the formats of all phones, Telegram, ChatGPT."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from reading import measure, read_all

from ingest.limits import Limits
from ingest.readers import read
from ingest.types import Document, Unreadable

NARROW = "\u202f"


def messages(documents: list[Document]) -> list[tuple[str, str | None, int]]:
    return [(m.author, m.time, m.index) for document in documents for _, m in document.messages]


def export(tmp_path: Path, *lines: str, name: str = "WhatsApp Chat with Anna.txt") -> Path:
    path = tmp_path / name
    path.write_bytes("\n".join(lines).encode())
    return path


@pytest.mark.parametrize(
    ("head", "time"),
    [
        (f"12/31/24, 9:15{NARROW}PM - ", "2024-12-31T21:15:00"),
        ("12/31/24, 12:05 AM - ", "2024-12-31T00:05:00"),
        ("31/12/2024, 21:15 - ", "2024-12-31T21:15:00"),
        ("31/12/24 21:15 - ", "2024-12-31T21:15:00"),
        ("31.12.24, 21:15 - ", "2024-12-31T21:15:00"),
        ("31.12.2024 kl. 21.15 - ", "2024-12-31T21:15:00"),
        ("2024-12-31, 21:15 - ", "2024-12-31T21:15:00"),
        ("31/12/2024, 9:15 p. m. - ", "2024-12-31T21:15:00"),
        ("[31/12/2024, 21:15:33] ", "2024-12-31T21:15:33"),
        (f"[12/31/24, 9:15:33{NARROW}PM] ", "2024-12-31T21:15:33"),
        ("[31.12.24, 21:15:33] ", "2024-12-31T21:15:33"),
        ("[2024/12/31 21:15:33] ", "2024-12-31T21:15:33"),
        ("[2024-12-31, 9:15:33 PM] ", "2024-12-31T21:15:33"),
        ("\u200e[31-12-2024 21:15:33] ", "2024-12-31T21:15:33"),
        ("31.12.2024 klo 21.15 - ", "2024-12-31T21:15:00"),
        ("2024. 12. 31. 21:15 - ", "2024-12-31T21:15:00"),
        ("31. 12. 2024. 21:15 - ", "2024-12-31T21:15:00"),
        ("2024/12/31 下午9:15 - ", "2024-12-31T21:15:00"),
        ("[2024/12/31 下午9:15:33] ", "2024-12-31T21:15:33"),
        ("2024/12/31 凌晨12:15 - ", "2024-12-31T00:15:00"),
        ("2024/12/31 中午11:15 - ", "2024-12-31T11:15:00"),
        ("2024/12/31 中午12:15 - ", "2024-12-31T12:15:00"),
        ("2024. 12. 31. 오후 9:15 - ", "2024-12-31T21:15:00"),
        ("2024년 12월 31일 오후 9:15, ", "2024-12-31T21:15:00"),
        ("31.12.24 г., 21:15 ч. - ", "2024-12-31T21:15:00"),
        ("31.12.2024 ÖS 9:15 - ", "2024-12-31T21:15:00"),
        ("31.12.2024 ÖÖ 9:15 - ", "2024-12-31T09:15:00"),
        ("31/12/2024، 21:15 - ", "2024-12-31T21:15:00"),
        ("۳۱/۱۲/۲۰۲۴،\u200f ۲۱:۱۵ - ", "2024-12-31T21:15:00"),
        ("\u200f[٣١\u200f/١٢\u200f/٢٠٢٤، ٩:١٥:٣٣ م] ", "2024-12-31T21:15:33"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_whatsapp_dates(tmp_path: Path, head: str, time: str, line_end: str) -> None:
    path = tmp_path / "WhatsApp Chat with Anna.txt"
    path.write_bytes(line_end.join([f"{head}Anna: Hello there", f"{head}~{NARROW}Ben: Hi", ""]).encode())
    reading, documents = read_all(path)
    assert reading.kind == "whatsapp"
    assert messages(documents) == [("Anna", time, 0), ("Ben", time, 1)]
    assert documents[0].context == f"Chat with Anna, {time[:16].replace('T', ' ')}\n"


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["1/2/24", "13/2/24"], "2024-02-01"),
        (["1/2/24", "1/13/24"], "2024-01-02"),
        (["1/2/24", "2/2/24", "3/2/24"], "2024-02-01"),
        (["1/10/24", "1/11/24", "2/1/24"], "2024-01-10"),
        (["1.2.24"], "2024-02-01"),
        (["24/05/12", "24/05/13"], "2024-05-12"),
        (["23/12/30", "23/12/31", "24/01/01"], "2023-12-30"),
        (["24/05/12", "25/05/12"], "2012-05-24"),
        (["15/12/23", "16/01/24"], "2023-12-15"),
        (["13/01/24", "31/01/24", "01/02/24"], "2024-01-13"),
    ],
)
def test_whatsapp_day_and_month_are_decided_by_the_whole_file(tmp_path: Path, dates: list[str], first: str) -> None:
    path = export(tmp_path, *(f"{date}, 10:00 - Anna: Hello" for date in dates))
    assert read_all(path)[1][0].date == f"{first}T10:00:00"


def test_a_speaker_before_a_colon_with_a_space(tmp_path: Path) -> None:
    head = "2024년 5월 12일 오후 1:56, "
    path = export(tmp_path, f"{head}Anna : Hello, Ben : and you", f"{head}Ben : Hi")
    assert [author for author, _, _ in messages(read_all(path)[1])] == ["Anna", "Ben"]


def test_american_clocks_decide_where_nothing_else_does(tmp_path: Path) -> None:
    path = export(tmp_path, "1/2/24, 9:00 PM - Anna: Hello")
    assert read_all(path)[1][0].date == "2024-01-02T21:00:00"


def test_a_title_may_stand_before_the_first_message(tmp_path: Path) -> None:
    lines = ("Chat with Anna", "", "[31/12/2024, 21:15:33] Anna: Hi", "[31/12/2024, 21:16:00] Ben: Hello")
    reading, documents = read_all(export(tmp_path, *lines, name="anna.txt"))
    assert reading.kind == "whatsapp"
    assert documents[0].text.startswith("Chat with Anna")
    assert messages(documents) == [("Anna", "2024-12-31T21:15:33", 0), ("Ben", "2024-12-31T21:16:00", 1)]


def test_whatsapp_windows(tmp_path: Path) -> None:
    path = export(
        tmp_path,
        "08/05/2024, 13:50 - Messages and calls are end-to-end encrypted.",
        "08/05/2024, 13:56 - Anna: Two lines:",
        "the second, with 10:00 - in it",
        "",
        "and a third",
        "08/05/2024, 13:57 - Ben: <Media omitted>",
        "28/05/2024, 20:00 - Anna: After a long pause",
        "28/05/2024, 20:01 - Anna created group “Trip: Lisbon”",
    )
    documents = read_all(path, 200)[1]
    assert len(documents) == 2
    assert [(m.author, m.index) for _, m in documents[0].messages] == [("", 0), ("Anna", 1), ("Ben", 2)]
    offset = documents[0].messages[1][0]
    assert documents[0].text[offset:].startswith("08/05/2024, 13:56 - Anna: Two lines:\nthe second")
    assert (documents[0].line_start, documents[0].line_end) == (1, 6)
    assert [(m.author, m.index) for _, m in documents[1].messages] == [("Anna", 3), ("", 4)]


def test_a_long_whatsapp_message_is_split_and_stays_the_same_message(tmp_path: Path) -> None:
    long = " ".join(f"This is sentence {i} of the story." for i in range(60))
    path = export(tmp_path, "08/05/2024, 13:56 - Anna: Short", f"08/05/2024, 13:57 - Ben: {long}")
    documents = read_all(path)[1]
    assert len(documents) > 3
    assert all(document.messages[-1][1].index == 1 for document in documents)
    assert documents[-1].messages[0][0] == 0


@pytest.mark.parametrize("seed", range(10))
def test_random_whatsapp_files(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    lines = ["08/05/2024, 13:56 - Anna: Hi"]
    for i in range(60):
        body = rng.choice(["ok", "What? " * 20, "line\nline", "😀", "", "‎image omitted", "a: b"])
        author = rng.choice(["Anna: ", "Ben O'Neill: ", "+49 170 1234567: ", ""])
        lines.append(f"{8 + i // 20:02}/05/2024, {rng.randint(10, 23)}:{i:02} - {author}{body}")
    documents = read_all(export(tmp_path, *lines), rng.choice([40, 64, 200]))[1]
    indexes = [m.index for document in documents for _, m in document.messages]
    assert sorted(set(indexes)) == list(range(61))
    assert indexes == sorted(indexes)


@pytest.mark.parametrize(
    "lines",
    [
        ["2024-05-08 13:56:01 - root: started", "2024-05-08 13:56:02 - root: stopped"],
        ["08/05/2024, 13:56 - walked home", "in the rain"],
        ["Dear diary", "08/05/2024, 13:56 - Anna: Hi"],
    ],
)
def test_what_looks_alike_is_plain_text(tmp_path: Path, lines: list[str]) -> None:
    assert read_all(export(tmp_path, *lines, name="notes.txt"))[0].kind == "text"


TELEGRAM = {
    "name": "Ben",
    "type": "personal_chat",
    "id": 1,
    "messages": [
        {"id": 1, "type": "service", "date": "2024-05-08T13:50:00", "action": "phone_call", "text": ""},
        {"id": 2, "type": "message", "date": "2024-05-08T13:55:00", "from": "Ben", "text": "Are you coming?"},
        {
            "id": 3, "type": "message", "date": "2024-05-08T13:56:00", "from": "Anna",
            "text": ["Yes, see ", {"type": "link", "text": "https://example.com"}, "!\n\nBring \ud83d cake."],
        },
        {"id": 4, "type": "message", "date": "2024-05-08T13:57:00", "from": "Ben", "text": "",
         "photo": "x.jpg"},
        {"id": 5, "type": "message", "date": "2024-05-08T13:58:00", "from": None, "text": "",
         "file": "files/plan.pdf", "file_name": "plan.pdf"},
        {"id": 6, "type": "message", "date": "2024-05-08T13:59:00", "from": "Ben", "text": "",
         "poll": {"question": "When?", "answers": [{"text": "Monday"}, {"text": "Tuesday"}]}},
    ],
}  # fmt: skip


def test_telegram(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(TELEGRAM))
    reading, documents = read_all(path, 100)
    assert (reading.kind, reading.unreadable) == ("telegram", [])
    assert [document.text for document in documents] == [
        "Are you coming?",
        "Yes, see https://example.com!\n\nBring \ufffd cake.",
        "plan.pdf",
        "When?\nMonday\nTuesday",
    ]
    assert documents[1].context == "Chat with Ben, 2024-05-08 13:56, Anna:\n(before: Ben: Are you coming?)\n"
    assert "(before: Ben: (photo))" in documents[2].context
    assert messages(documents)[1:3] == [
        ("Anna", "2024-05-08T13:56:00", 2),
        ("Deleted account", "2024-05-08T13:58:00", 4),
    ]


def test_a_whole_telegram_account(tmp_path: Path) -> None:
    account = {
        "about": "Here is the data you requested.",
        "personal_information": {"first_name": "Anna"},
        "chats": {"about": "...", "list": [TELEGRAM, {**TELEGRAM, "name": "Band", "type": "private_group"}]},
        "left_chats": {"about": "...", "list": []},
    }
    path = tmp_path / "result.json"
    path.write_text(json.dumps(account, indent=1, ensure_ascii=True))
    documents = read_all(path)[1]
    assert [document.title for document in documents] == ["Chat with Ben"] * 4 + ["Band"] * 4
    assert [index for _, _, index in messages(documents)] == [1, 2, 4, 5, 7, 8, 10, 11]


def test_a_truncated_export_is_partial(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    whole = json.dumps(TELEGRAM)
    path.write_text(whole[: whole.index("Bring")])
    reading, documents = read_all(path)
    assert [document.text for document in documents] == ["Are you coming?"]
    assert "damaged JSON" in reading.unreadable[0]


def node(name: str, parent: str | None, role: str, *parts: object, **more: object) -> dict[str, object]:
    content = {"content_type": "text" if all(isinstance(p, str) for p in parts) else "multimodal_text"}
    message = {
        "author": {"role": role},
        "content": {**content, "parts": list(parts)},
        "create_time": 1715169360.5,
    }
    return {"id": name, "parent": parent, "children": [], "message": {**message, **more}}


def conversation(title: str | None = "Bread") -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [
        {"id": "root", "parent": None, "children": ["s"], "message": None},
        node("s", "root", "system", "You are a helper."),
        node("u", "s", "user", {"content_type": "image_asset_pointer"}, "How do I bake bread?"),
        node("old", "u", "assistant", "An answer that was thrown away."),
        node("t", "u", "assistant", "search(bread)", recipient="browser"),
        node("tool", "t", "tool", "results"),
        node("new", "tool", "assistant", "Mix flour and water.", recipient="all"),
    ]
    return {
        "title": title,
        "create_time": 1715169000,
        "mapping": {n["id"]: n for n in nodes},
        "current_node": "new",
    }


@pytest.mark.parametrize("name", ["conversations.json", "conversations-000.json"])
def test_chatgpt(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(json.dumps([conversation(), conversation(None), {"mapping": 3}]))
    reading, documents = read_all(path, 100)
    assert reading.kind == "chatgpt"
    assert [document.text for document in documents] == ["How do I bake bread?", "Mix flour and water."] * 2
    assert messages(documents)[:2] == [
        ("You", "2024-05-08T11:56:00+00:00", 0),
        ("ChatGPT", "2024-05-08T11:56:00+00:00", 1),
    ]
    assert documents[0].context == "Bread, 2024-05-08 11:56, You (image):\n"
    assert documents[1].context == "Bread, 2024-05-08 11:56, ChatGPT:\n(before: You: How do I bake bread?)\n"
    assert documents[2].title == "ChatGPT conversation"


def test_a_cycle_of_parents_ends(tmp_path: Path) -> None:
    looped = conversation()
    looped["mapping"]["s"]["parent"] = "new"
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([looped]))
    assert len(read_all(path)[1]) == 2


def test_other_json_is_data_and_an_empty_export_is_unreadable(tmp_path: Path) -> None:
    other = tmp_path / "settings.json"
    other.write_text('{"name": "x", "messages": 3}')
    assert read_all(other)[0].kind == "json"
    empty = tmp_path / "result.json"
    empty.write_text(json.dumps({**TELEGRAM, "messages": []}))
    with pytest.raises(Unreadable, match="no words"):
        read(empty, limits=Limits(), measure=measure, max_tokens=64)


def test_json_nested_too_deeply_is_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    path.write_text('[{"title": "x", "mapping": ' + "[" * 100_000)
    with pytest.raises(Unreadable, match="damaged JSON"):
        read(path, limits=Limits(), measure=measure, max_tokens=64)
