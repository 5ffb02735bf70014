"""Zipped exports: read like the files in them; bombs, tricks and damage end in a reason."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from reading import measure, read_all
from test_chat_readers import TELEGRAM, conversation

from ingest.limits import Limits
from ingest.readers import read
from ingest.scan import scan
from ingest.types import Unreadable

CHAT = "[08/05/2024, 13:56:00] Anna: Hello\n[08/05/2024, 13:57:00] Ben: Hi\n"


def make_zip(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def reason(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(Unreadable) as caught:
        read(path, limits=limits or Limits(), measure=measure, max_tokens=64)
    return str(caught.value)


def test_a_zipped_whatsapp_chat_has_the_name_of_the_zip(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "WhatsApp Chat - Anna.zip", {"_chat.txt": CHAT, "IMG-1.jpg": b"\xff\xd8"})
    reading, documents = read_all(path)
    assert reading.kind == "whatsapp"
    assert documents[0].title == "Chat with Anna"
    assert documents[0].headings == ("_chat.txt",)
    assert documents[0].text == CHAT.strip()


def test_several_members_are_one_source(tmp_path: Path) -> None:
    members: dict[str, str | bytes] = {
        "export/conversations-000.json": json.dumps([conversation()]),
        "export/conversations-001.json": json.dumps([conversation("Cake")]),
        "tg/result.json": json.dumps(TELEGRAM),
        "__MACOSX/._result.json": b"\0\0",
        "more.zip": b"PK",
        "notes.txt": "No export.",
    }
    reading, documents = read_all(make_zip(tmp_path / "takeout.zip", members))
    assert [document.title for document in documents] == ["Bread"] * 2 + ["Cake"] * 2 + ["Chat with Ben"] * 4
    indexes = [m.index for document in documents for _, m in document.messages]
    assert indexes == sorted(set(indexes))
    assert reading.unreadable == ["more.zip: an archive in an archive is not read; unpack it and add it"]


def test_a_broken_member_does_not_take_the_others_along(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"a_chat.txt": CHAT, "b_chat.txt": CHAT.replace("Hello", "Other" * 9)})
    data = bytearray(path.read_bytes())
    at = data.index(b"b_chat.txt") + len(b"b_chat.txt")
    data[at + 20 : at + 30] = b"\xff" * 10
    path.write_bytes(data)
    reading, documents = read_all(path)
    assert {document.headings for document in documents} == {("a_chat.txt",)}
    assert reading.unreadable[0].startswith("b_chat.txt: damaged")


def test_bombs_are_refused(tmp_path: Path) -> None:
    bomb = make_zip(tmp_path / "bomb.zip", {"_chat.txt": CHAT + "0" * 30_000_000})
    assert "archive_ratio" in reason(bomb)
    assert "archive_bytes" in reason(bomb, Limits(archive_bytes=1_000_000))
    many = make_zip(tmp_path / "many.zip", {f"{i}_chat.txt": CHAT for i in range(11)})
    assert "archive_members" in reason(many, Limits(archive_members=10))


def test_a_directory_that_lies_about_sizes_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"_chat.txt": CHAT + "0" * 500_000})
    data = bytearray(path.read_bytes())
    size = (len(CHAT) + 500_000).to_bytes(4, "little")
    start = 0
    while (at := data.find(size, start)) >= 0:
        data[at : at + 4] = (300).to_bytes(4, "little")
        start = at + 4
    path.write_bytes(data)
    assert "_chat.txt: damaged" in reason(path)


@pytest.mark.parametrize("name", ["../evil_chat.txt", "/etc/_chat.txt", "a/../../_chat.txt", "C:\\x\\_chat.txt"])
def test_path_tricks_are_refused(tmp_path: Path, name: str) -> None:
    assert "outside" in reason(make_zip(tmp_path / "a.zip", {name: CHAT}))


def test_no_zip_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"not a zip")
    assert "damaged zip" in reason(path)


def test_archives_without_an_export_are_ignored(tmp_path: Path) -> None:
    make_zip(tmp_path / "photos.zip", {"a.jpg": b"\xff\xd8\xff", "readme.txt": "words"})
    make_zip(tmp_path / "sheet.xlsx", {"xl/workbook.xml": "<x/>"})
    found = {item.path.name: item.ignored for item in scan([tmp_path], Limits())}
    assert found == {"photos.zip": "unsupported kind .zip", "sheet.xlsx": "unsupported kind .xlsx"}
    assert "unsupported kind .xlsx" in reason(tmp_path / "sheet.xlsx")
