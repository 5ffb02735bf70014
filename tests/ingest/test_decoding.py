"""Bytes to text: every encoding, never a failure, binaries told apart."""

from __future__ import annotations

import codecs
import random

import pytest

from ingest.text import Lines, clean, decode, decode_as, is_text
from ingest.types import Unreadable

GERMAN = "Die Straße nach Köln führt über größere Brücken. Schöne Grüße an die Müllers!\r\n"
RUSSIAN = "Мы поехали в Петербург на поезде и вернулись домой только в воскресенье вечером.\n"
JAPANESE = "昨日は友達と京都へ行きました。天気がとても良くて、写真をたくさん撮りました。\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "utf-8-sig"),
        (GERMAN, "utf-16"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (GERMAN, "utf-32"),
        (GERMAN * 3, "cp1252"),
        (GERMAN * 3, "latin-1"),
        (RUSSIAN * 3, "cp1251"),
        (RUSSIAN * 3, "koi8-r"),
        (JAPANESE * 3, "shift_jis"),
        (JAPANESE * 3, "euc_jp"),
    ],
)
def test_text_survives_its_encoding(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_a_byte_order_mark_is_not_part_of_the_text() -> None:
    assert decode(codecs.BOM_UTF8 + b"# Title") == "# Title"
    assert decode(codecs.BOM_UTF16_BE + "Größe".encode("utf-16-be")) == "Größe"


def test_one_bad_byte_leaves_the_rest_as_utf8() -> None:
    data = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. ".encode() * 5
    text = decode(data[:40] + b"\xff" + data[40:])
    assert text.count("\ufffd") == 1
    assert "über den großen Sylter Deich" in text


@pytest.mark.parametrize("size", [200, 4_096, 100_000])
def test_random_bytes_are_binary(size: int) -> None:
    data = random.Random(size).randbytes(size)
    assert not is_text(data)
    with pytest.raises(Unreadable, match="binary"):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        bytes([0, 1, 2, 3]) * 1_000,
        bytes([1, 0, 3, 2]) * 1_000,
        b"".join(value.to_bytes(2, "little") for value in range(1, 250)) * 8,  # samples of a sound
    ],
)
def test_small_numbers_are_no_utf16(data: bytes) -> None:
    assert not is_text(data)
    with pytest.raises(Unreadable, match="binary"):
        decode(data)


def test_any_bytes_without_control_characters_decode() -> None:
    rng = random.Random(7)
    for _ in range(60):
        data = bytes(rng.choices([*range(32, 127), 10, *range(128, 256)], k=rng.randint(1, 300)))
        assert isinstance(decode(data), str)


def test_late_nul_keeps_the_offsets() -> None:
    data = b"a" * 70_000 + b"\0end"
    assert decode(data) == "a" * 70_000 + "\ufffdend"


def test_a_wrong_declared_charset_falls_back() -> None:
    assert decode_as("Grüße".encode(), "no-such-charset") == "Grüße"
    assert decode_as("Grüße".encode(), "ascii") == "Grüße"
    assert decode_as("Grüße".encode("cp1252"), "windows-1252") == "Grüße"


def test_clean_takes_lone_surrogates() -> None:
    assert clean("a\ud83db\0").encode() == "a\ufffdb\ufffd".encode()


def test_lines_count_every_kind_of_line_end() -> None:
    lines = Lines("one\ntwo\r\nthree\rfour")
    assert [lines.number(i) for i in (0, 3, 4, 8, 9, 14, 15)] == [1, 1, 2, 2, 3, 3, 4]
    assert [lines.start(i) for i in range(5)] == [0, 4, 9, 15, 19]
