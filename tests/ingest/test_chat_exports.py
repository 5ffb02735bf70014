"""Exports of Slack, Discord and Claude, as those programs write them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from reading import read_all

from ingest.types import Document

SLACK: dict[str, list[dict[str, Any]]] = {
    "users.json": [
        {"id": "U1", "team_id": "T1", "name": "anna", "profile": {"real_name": "Anna Berg", "display_name": "anna"}},
        {"id": "U2", "team_id": "T1", "name": "ben", "real_name": "", "profile": {"display_name": "Ben"}},
    ],
    "channels.json": [{"id": "C1", "name": "boat-club", "members": ["U1", "U2"], "topic": {"value": ""}}],
    "dms.json": [{"id": "D1", "created": 1, "members": ["U1", "U2"]}],
    "boat-club/2024-05-08.json": [
        {
            "client_msg_id": "a", "type": "message", "user": "U1", "ts": "1715169360.000200",
            "text": "<@U2> the mast is in <https://x.org/plan|the plan> &amp; in <#C1|boat-club>",
            "thread_ts": "1715169360.000200", "reply_count": 1, "replies": [{"user": "U2", "ts": "1715255762.0"}],
        },
        {"type": "message", "subtype": "channel_join", "user": "U2", "text": "<@U2> has joined", "ts": "1715169361.0"},
        {
            "type": "message", "subtype": "bot_message", "username": "Weather", "ts": "1715169362.0", "text": "",
            "attachments": [{"fallback": "Gale warning for <!date^1^{date}|tonight>"}],
        },
    ],
    "boat-club/2024-05-09.json": [
        {"type": "message", "user": "U2", "ts": "1715255762.0", "thread_ts": "1715169360.000200", "text": "Found it."},
        {"type": "message", "user": "U9", "ts": "1715255763.0", "text": "",
         "user_profile": {"real_name": "Guest"}, "files": [{"name": "mast.jpg"}]},
    ],
    "D1/2024-05-09.json": [{"type": "message", "user": "U2", "text": "Just us <!here>", "ts": "1715255760.0"}],
}  # fmt: skip
DISCORD: dict[str, Any] = {
    "guild": {"id": "1", "name": "Boats", "iconUrl": "https://x.org/i.png"},
    "channel": {"id": "2", "type": "GuildTextChat", "category": "Text", "name": "general", "topic": None},
    "dateRange": {"after": None, "before": None},
    "exportedAt": "2024-06-01T10:00:00+00:00",
    "messages": [
        {
            "id": "10", "type": "Default", "timestamp": "2024-05-08T13:56:00.123+02:00", "isPinned": False,
            "content": "Who brings the rope?\nIt is in the shed.", "attachments": [], "embeds": [], "mentions": [],
            "author": {"id": "7", "name": "anna", "discriminator": "0000", "nickname": "Anna", "isBot": False},
        },
        {
            "id": "11", "type": "GuildMemberJoin", "timestamp": "2024-05-08T13:56:30+02:00", "content": "Joined.",
            "author": {"id": "8", "name": "ben", "nickname": None},
        },
        {
            "id": "12", "type": "Reply", "timestamp": "2024-05-08T13:57:00+02:00", "content": "I do, <@7>.",
            "author": {"id": "8", "name": "ben", "nickname": None}, "embeds": [],
            "attachments": [{"id": "5", "url": "f/rope.png", "fileName": "rope.png", "fileSizeBytes": 3}],
            "mentions": [{"id": "7", "name": "anna", "nickname": "Anna"}],
            "reference": {"messageId": "10", "channelId": "2", "guildId": "1"},
        },
    ],
    "messageCount": 3,
}  # fmt: skip
CLAUDE: list[dict[str, Any]] = [
    {
        "uuid": "c1", "name": "Sourdough", "summary": "", "created_at": "2024-05-08T13:56:00.123456Z",
        "updated_at": "2024-05-08T13:57:00Z", "account": {"uuid": "me"},
        "chat_messages": [
            {
                "uuid": "m1", "text": "How long does it rise?", "sender": "human",
                "content": [{"type": "text", "text": "How long does it rise?", "citations": []}],
                "created_at": "2024-05-08T13:56:01Z", "files": [{"file_name": "oven.png"}],
                "attachments": [{"file_name": "", "file_size": 11, "extracted_content": "Flour 500 g"}],
            },
            {
                "uuid": "m2", "text": "", "sender": "assistant", "created_at": "2024-05-08T13:57:00Z",
                "content": [
                    {"type": "thinking", "thinking": "Hidden thoughts."},
                    {"type": "tool_use", "name": "web_search", "input": {"query": "rise"}},
                    {"type": "text", "text": "Four hours.\n\nAt 24 degrees."},
                ],
                "attachments": [], "files": [],
            },
        ],
    },
    {
        "uuid": "c2", "name": "", "created_at": "2023-01-02T00:00:00Z",
        "chat_messages": [{"uuid": "m3", "text": "An old message.", "sender": "human"}],
    },
]  # fmt: skip


def said(documents: list[Document]) -> list[tuple[str, str | None, str]]:
    """(author, time, text) of documents that are one message each."""
    assert all(len(document.messages) == 1 for document in documents)
    return [(d.messages[0][1].author, d.messages[0][1].time, d.text) for d in documents]


def make_slack(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, entries in SLACK.items():
            archive.writestr(name, json.dumps(entries, indent=4))
    return path


def test_a_zipped_slack_export(tmp_path: Path) -> None:
    reading, documents = read_all(make_slack(tmp_path / "Boats Slack export.zip"), 100)
    assert reading.kind == "slack"
    assert reading.unreadable == []
    assert said(documents) == [
        ("Ben", "2024-05-09T11:56:00+00:00", "Just us @here"),
        ("Anna Berg", "2024-05-08T11:56:00+00:00", "@Ben the mast is in the plan (https://x.org/plan) & in #boat-club"),
        ("Weather", "2024-05-08T11:56:02+00:00", "Gale warning for tonight"),
        ("Ben", "2024-05-09T11:56:02+00:00", "Found it."),
        ("Guest", "2024-05-09T11:56:03+00:00", "mast.jpg"),
    ]
    assert [document.title for document in documents] == ["Chat with Anna Berg, Ben", *["#boat-club"] * 4]
    assert [document.messages[0][1].index for document in documents] == [0, 1, 3, 4, 5]
    assert "(in the thread of Anna Berg: @Ben the mast" in documents[3].context
    assert {document.line_start for document in documents} == {None}


def test_a_day_of_an_unpacked_slack_export_finds_the_names_above_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(make_slack(tmp_path / "a.zip")) as archive:
        archive.extractall(tmp_path / "export")
    path = tmp_path / "export" / "boat-club" / "2024-05-08.json"
    reading, documents = read_all(path, 100)
    assert reading.kind == "slack"
    assert said(documents)[0][0] == "Anna Berg"
    assert documents[0].title == "#boat-club"
    for document in documents[:1]:
        assert document.line_start == document.line_end
        assert "<@U2> the mast" in path.read_text().splitlines()[(document.line_start or 0) - 1]
    (tmp_path / "export" / "users.json").unlink()
    assert said(read_all(path, 100)[1])[0][0] == "U1"


def test_discord(tmp_path: Path) -> None:
    path = tmp_path / "Boats - Text - general [2].json"
    path.write_text(json.dumps(DISCORD, indent=2))
    reading, documents = read_all(path, 100)
    assert reading.kind == "discord"
    assert said(documents) == [
        ("Anna", "2024-05-08T13:56:00.123000+02:00", "Who brings the rope?\nIt is in the shed."),
        ("ben", "2024-05-08T13:57:00+02:00", "I do, @Anna."),
    ]
    assert documents[0].title == "#general (Boats)"
    assert "ben (file rope.png):\n(in reply to Anna: Who brings the rope?" in documents[1].context
    for document, words in zip(documents, ("Who brings", "I do"), strict=True):
        assert document.line_start == document.line_end
        assert words in path.read_text().splitlines()[(document.line_start or 0) - 1]


def test_claude_is_told_from_chatgpt(tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(CLAUDE, indent=2))
    reading, documents = read_all(path, 100)
    assert reading.kind == "claude"
    assert said(documents) == [
        ("You", "2024-05-08T13:56:01+00:00", "How long does it rise?\nFlour 500 g"),
        ("Claude", "2024-05-08T13:57:00+00:00", "Four hours.\n\nAt 24 degrees."),
        ("You", "2023-01-02T00:00:00+00:00", "An old message."),
    ]
    assert [document.title for document in documents] == ["Sourdough", "Sourdough", "Claude conversation"]
    lines = path.read_text().splitlines()
    first = documents[0]
    assert [lines[line - 1].strip().split(":")[0] for _, line, _ in first.lines] == ['"text"', '"extracted_content"']


def test_an_export_in_a_zip_beside_other_files(tmp_path: Path) -> None:
    path = tmp_path / "data-2024-06-01.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations.json", json.dumps(CLAUDE))
        archive.writestr("users.json", json.dumps([{"uuid": "me", "full_name": "Nora"}]))
        archive.writestr("channel.json", json.dumps(DISCORD))
    reading, documents = read_all(path, 100)
    assert reading.kind == "discord"  # the first of them
    assert {document.headings[0] for document in documents} == {"conversations.json", "channel.json"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("2024-05-08.json", '[{"type": "message", "user": "U1", "ts": "1.0", "text": "Words."}, {"type": "mess'),
        ("c.json", '{"guild": {}, "channel": {"name": "a"}, "messages": [{"type": "Default", "content": "Words."}, {"'),
        ("conversations.json", '[{"uuid": "c", "chat_messages": [{"sender": "human", "text": "Words."}, {"te'),
    ],
)
def test_a_truncated_export_is_read_up_to_there(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    reading, documents = read_all(path)
    assert [document.text for document in documents] == ["Words."]
    assert reading.unreadable == ["damaged JSON at line 1: nothing after it was read; export it again"]
