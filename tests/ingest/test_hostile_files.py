"""Files made to do harm, or broken: each is refused or read in part with a plain reason, soon and in little memory."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reading import measure

from ingest import readers
from ingest.context import Budget
from ingest.limits import Limits
from ingest.readers import read
from ingest.readers.source import Reader, Source
from ingest.types import Document, Reading, Unreadable

WORD = '<w:document xmlns:w="x"><w:body>{}</w:body></w:document>'
ENTITIES = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
BOMB = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "aaaa">{ENTITIES}]>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
PARAGRAPH = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
PEAK_MB = 300
SECONDS = 20.0  # on a busy machine; alone each takes well under two


def make_zip(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def outcome(path: Path, limits: Limits | None = None) -> tuple[list[str], str]:
    """The texts that were read, and every reason given, within a bounded time."""
    began = time.monotonic()
    try:
        reading = read(path, limits=limits or Limits(), measure=measure, max_tokens=200)
        texts = [document.text for document in reading.documents]
        reasons = "; ".join(reading.unreadable)
    except Unreadable as error:
        texts, reasons = [], str(error)
    assert time.monotonic() - began < SECONDS
    assert texts or reasons, "nothing read and nothing said"
    return texts, reasons


ARCHIVES: list[tuple[str, dict[str, str], str]] = [
    ("a.docx", {"word/document.xml": BOMB + WORD.format(PARAGRAPH.format("&a9;"))}, "declares entities"),
    ("a.docx", {"word/document.xml": OUTSIDE + WORD.format(PARAGRAPH.format("&x;"))}, "declares entities"),
    ("a.docx", {"word/document.xml": "0" * 30_000_000}, "archive_ratio"),
    ("a.docx", {"word/document.xml": WORD.format("<w:sdt>" * 50_000)}, "no XML"),
    ("a.docx", {"word/document.xml": WORD.format("")}, "no words"),
    ("a.docx", {"word/document.xml": "<cut"}, "no XML"),
    ("a.docx", {"xl/workbook.xml": "<x/>"}, "word/document.xml is missing"),
    ("a.docx", {"../a": "x", "word/document.xml": WORD.format("")}, "outside the archive"),
    ("a.epub", {"META-INF/container.xml": BOMB + "<container/>"}, "declares entities"),
    ("a.epub", {"/etc/a": "x"}, "outside the archive"),
    ("a.epub", {"META-INF/container.xml": '<c><rootfile full-path="../../x"/></c>'}, "missing in the book"),
]


@pytest.mark.parametrize("case", range(len(ARCHIVES)))
def test_archives(tmp_path: Path, case: int) -> None:
    name, members, reason = ARCHIVES[case]
    texts, reasons = outcome(make_zip(tmp_path / name, members))
    assert (texts, reason in reasons) == ([], True), reasons


def test_more_members_than_the_directory_says(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {f"{i:06}.json": "" for i in range(1_001)})
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    data[end + 8 : end + 12] = b"\1\0\1\0"  # "one member"
    path.write_bytes(data)
    assert "archive_members" in outcome(path, Limits(archive_members=1_000))[1]


def test_links_and_locks_in_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("other_chat.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr(
            "conversations.json", json.dumps([{"uuid": "a", "chat_messages": [{"sender": "human", "text": "Fine."}]}])
        )
    assert outcome(path) == (["Fine."], "other_chat.txt: a link in an archive is not followed")
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # "encrypted", in the directory
    path.write_bytes(data)
    assert outcome(path) == ([], "encrypted zip: unpack it and add the folder")


def test_tables_nested_in_tables(tmp_path: Path) -> None:
    nested = "<w:tbl><w:tr><w:tc>" * 70 + PARAGRAPH.format("In the middle.") + "</w:tc></w:tr></w:tbl>" * 70
    texts, reasons = outcome(make_zip(tmp_path / "a.docx", {"word/document.xml": WORD.format(nested)}))
    assert (texts, "no XML" in reasons) == ([], True) or "In the middle." in texts[0]


TEXTS: dict[str, tuple[str, str, bool, str]] = {  # file, content, whether something is read, part of the reasons
    "deep list": ("a.json", "[" * 1_000_000, False, "nested more than 100 levels"),
    "deep object": ("a.json", '{"a":' * 1_000_000, False, "nested more than 100 levels"),
    "cut off": ("a.json", '{"a": "hello", "b": ["x", {"c": "tru', True, "damaged or cut off"),
    "long number": ("a.json", '{"a": ' + "9" * 1_000_000 + "}", True, ""),
    "deep line": ("a.jsonl", '{"a":' * 100_000 + '\n{"a": "fine"}\n', True, "line 1: nested"),
    "deep message": (
        "2024-05-08.json", '[{"type": "message", "ts": "1", "text":' + "[" * 500_000, False, "damaged JSON",
    ),
    "long id": (
        "result.json",
        '{"type": "personal_chat", "messages": [{"id": ' + "9" * 6000 + ', "type": "message", "text": "hi"}]}',
        True, "",
    ),
    "wrong types, Claude": (
        "conversations.json",
        '[5, {"uuid": 1, "chat_messages": [5, {"sender": "human", "text": 5}, {"sender": "human", "text": "real"}]}]',
        True, "",
    ),
    "wrong types, Discord": (
        "c.json",
        '{"guild": {"name": 5}, "channel": [], "messages": [5, {"type": 7}, {"type": "Default", "content": "<@1>"}]}',
        True, "",
    ),
    "deep notebook": ("a.ipynb", '{"cells": ' * 100_000, False, "not a notebook"),
    "empty columns": ("a.csv", "," * 2_000_000, False, "no words"),
    "open quote": ("a.csv", 'a,b\n1,"' + "x\n" * 100_000, True, "field larger than field limit"),
    "long value": ("a.csv", "a,b\n" + "x" * 1_000_000 + ",2\n3,4\n", True, "field larger than field limit"),
    "long names": (
        "a.csv", ",".join(f"{'n' * 99}{i}" for i in range(1000)) + "\n" + (",1" * 999 + "\n") * 100, True,
        "names of their columns",
    ),
    "deep calendar": ("a.ics", "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 100_000, False, "cut off"),
    "half an event": ("a.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Half an eve", True, "cut off"),
    "folded": ("a.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\n" + " y\n" * 150_000 + "END:VEVENT\n", True, ""),
    "no calendar": ("a.ics", "hello", False, "no calendar"),
    "soft breaks": ("a.vcf", "BEGIN:VCARD\nFN:x\nNOTE;QUOTED-PRINTABLE:" + "=\n" * 150_000 + "END", True, "cut off"),
    "long card": ("a.vcf", "BEGIN:VCARD\nN:" + ";" * 100_000 + "\nFN" + ";a=b" * 50_000 + ":x\nEND:VCARD\n", True, ""),
    "no card": ("a.vcf", "hello", False, "no contact card"),
    "open links": ("a.org", "* " + "[[" * 300_000, True, ""),
    "deep headings": ("a.org", "\n".join("*" * (i % 300 + 1) + " h" for i in range(1_500)), True, ""),
    "open roles": ("a.rst", "`" * 300_000 + "\n===\n", True, ""),
    "deep page": ("a.html", "<html><body>" + "<div>" * 300_000 + "x", False, "no text"),
    "deep front matter": ("a.md", "---\ntags: " + "[a, " * 1_000 + "\n---\nwords", True, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
def test_texts(tmp_path: Path, case: str) -> None:
    name, content, is_read, reason = TEXTS[case]
    (tmp_path / name).write_text(content)
    texts, reasons = outcome(tmp_path / name)
    assert bool(texts) == is_read
    assert reason in reasons


@pytest.mark.parametrize(
    "suffix", ["docx", "epub", "zip", "ics", "vcf", "csv", "json", "jsonl", "ipynb", "org", "rst", "log", "py"]
)
@pytest.mark.parametrize(
    "content",
    [random.Random(1).randbytes(5_000), b"\x89PNG\r\n\x1a\n" + bytes(500), b"a\0b\n" * 100, b" \n \r\n\t"],
    ids=["random", "picture", "NULs", "blank"],
)  # fmt: skip
def test_nothing_that_is_no_text_is_ready(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content)
    assert outcome(path)[0] == []


def test_bad_rules_cost_no_event(tmp_path: Path) -> None:
    event = "BEGIN:VEVENT\nSUMMARY:x\nRRULE:FREQ=SECONDLY;INTERVAL=0;BYDAY=9XX\nDTSTART:99999999\nEND:VEVENT\n"
    (tmp_path / "a.ics").write_text("BEGIN:VCALENDAR\n" + event * 50)
    assert outcome(tmp_path / "a.ics") == (["x"] * 50, "")


def test_a_key_of_megabytes(tmp_path: Path) -> None:
    text = '{"' + "k" * 12_000_000 + '": [' + ",".join('{"a": 1}' for _ in range(12_000)) + "]}"
    (tmp_path / "a.json").write_text(text)
    texts, reasons = outcome(tmp_path / "a.json")
    assert sum(text.count("].a: 1") for text in texts) == 12_000
    assert reasons == ""


def test_a_chapter_listed_many_times_is_read_once(tmp_path: Path) -> None:
    spine = '<itemref idref="c"/>' * 3_000
    item = '<item id="c" href="c.xhtml" media-type="application/xhtml+xml"/>'
    members = {
        "META-INF/container.xml": '<c><rootfile full-path="a.opf"/></c>',
        "a.opf": f"<package><manifest>{item}</manifest><spine>{spine}</spine></package>",
        "c.xhtml": "<html><body><p>Once.</p></body></html>",
    }
    assert outcome(make_zip(tmp_path / "a.epub", members)) == (["Once."], "")


def test_a_note_referred_to_many_times_is_read_once(tmp_path: Path) -> None:
    reference = '<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>'
    members = {
        "word/document.xml": WORD.format(PARAGRAPH.format("Words.") + reference * 3_000),
        "word/footnotes.xml": f'<w:n xmlns:w="x"><w:footnote w:id="1">{PARAGRAPH.format("Once.")}</w:footnote></w:n>',
    }
    assert outcome(make_zip(tmp_path / "a.docx", members)) == (["Words.\n\nFootnote: Once."], "")


def test_a_number_no_program_writes(tmp_path: Path) -> None:
    level = f'<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="{"9" * 5_000}"/></w:tcPr></w:tc></w:tr></w:tbl>'
    texts, reasons = outcome(make_zip(tmp_path / "a.docx", {"word/document.xml": WORD.format(level)}))
    assert texts == []
    assert reasons.startswith("damaged: its content cannot be made out (ValueError: ")
    assert "save or export it again" in reasons


FAILURES: list[Exception] = [
    ValueError("of no use"), RecursionError("of no use"), OverflowError("of no use"), Unreadable("of no use"),
]  # fmt: skip


@pytest.mark.parametrize("failure", [*FAILURES, OSError("gone"), MemoryError()], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("good", [0, 2])
def test_a_reader_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, good: int) -> None:
    def failing(source: Source, budget: Budget, limits: Limits) -> Reading:
        def documents() -> Iterator[Document]:
            for i in range(good):
                yield Document(f"words {i}", "", "a", (), 8 * i, 8 * i + 7)
            raise failure

        return Reading("text", documents())

    monkeypatch.setattr(readers, "_READERS", (Reader("text", "text_bytes", lambda name, head: True, failing),))
    (tmp_path / "a.txt").write_text("words")
    if isinstance(failure, MemoryError) or (good and isinstance(failure, OSError)):
        with pytest.raises(type(failure)):
            outcome(tmp_path / "a.txt")
        return
    texts, reasons = outcome(tmp_path / "a.txt")
    assert texts == [f"words {i}" for i in range(good)]
    assert ("cannot be opened: gone" if isinstance(failure, OSError) else "of no use") in reasons


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_truncated_archives(tmp_path: Path, share: float) -> None:
    members = {"word/document.xml": WORD.format(PARAGRAPH.format("words ") * 100), "a.png": "x" * 10_000}
    for name in ("a.docx", "a.epub", "a.zip"):
        data = make_zip(tmp_path / name, members).read_bytes()
        (tmp_path / name).write_bytes(data[: int(len(data) * share)])
        texts, reasons = outcome(tmp_path / name)
        assert (texts, "damaged zip" in reasons) == ([], True)


LARGE: dict[str, Callable[[], str]] = {
    "wide.csv": lambda: "\n".join(",".join(f"c{i}" for i in range(700_000)) for _ in range(2)),
    "emoji.json": lambda: json.dumps([{"uuid": "a", "chat_messages": [{"sender": "human", "text": "😀" * 2_000_000}]}]),
}
READ = """
import resource, sys
from pathlib import Path
from ingest.limits import Limits
from ingest.readers import read
for document in read(Path(sys.argv[1]), limits=Limits(), measure=len, max_tokens=2000).documents: pass
status = Path("/proc/self/status")
if status.exists():  # on Linux ru_maxrss is inherited from the process that started this one
    print(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")))
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1))
"""


@pytest.mark.parametrize("name", LARGE)
def test_large_files_take_little_memory(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(LARGE[name]())
    command = [sys.executable, "-c", READ, str(tmp_path / name)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True, cwd=root)
    assert int(done.stdout) * 1024 < PEAK_MB * 1e6
