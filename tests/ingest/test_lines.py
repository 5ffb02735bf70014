"""Documents, and the sentences in them, name the lines of the file on disk where their words stand."""

from __future__ import annotations

import html
import json
import mailbox
import quopri
import re
from email.message import EmailMessage
from pathlib import Path

import pytest
from reading import read_all
from test_chat_readers import TELEGRAM, conversation
from test_mail_reader import make_mail

from ingest.places import lines_of
from ingest.sentences import sentences
from ingest.types import Document

SAMPLES = Path(__file__).parents[2] / "samples"
PAGE = """<!DOCTYPE html>
<html><head><title>Hours</title>
<style>
p { color: red }
</style></head>
<body><nav>
<a href="/">Home</a>
</nav>first words
<h1
  class="big">Opening
hours</h1>
<p>
  We open at <b>nine</b>
  o'clock.<br>Not on Sundays.
<p>Two</p><!-- a
remark --><p>paragraphs</p>
<pre>
code
kept</pre>
last words</body></html>
"""


def named(path: Path, first: int | None, last: int | None) -> list[str]:
    """The lines of the file from `first` to `last`."""
    assert first is not None
    assert last is not None
    lines = path.read_bytes().decode().splitlines()
    assert 1 <= first <= last <= len(lines)
    return lines[first - 1 : last]


def whole(path: Path, document: Document) -> list[str]:
    return named(path, document.line_start, document.line_end)


def readable(lines: list[str]) -> str:
    """What a person sees on lines of markup or quoted-printable, without white space."""
    text = "\n".join(lines)
    if re.search(r"=[0-9A-F]{2}|=\n|=\Z", text):
        text = quopri.decodestring(text.encode()).decode(errors="replace").rstrip("=")
    return "".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def check_words(path: Path, document: Document, exact: bool = True) -> None:
    """Every sentence stands on the lines it names; `exact`: and on no fewer of them."""
    for start, end in sentences(document.text):
        shown = named(path, *lines_of(document, start, end))
        sentence = "".join(document.text[start:end].split())
        assert sentence in readable(shown)
        assert (
            not exact
            or len(shown) == 1
            or (sentence not in readable(shown[1:]) and sentence not in readable(shown[:-1]))
        )


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_of_a_page(tmp_path: Path, line_end: str) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(PAGE.replace("\n", line_end).encode())
    found = [(document.text, document.line_start, document.line_end) for document in read_all(path, 14)[1]]
    assert found == [
        ("first words", 8, 8),
        ("Opening hours", 10, 11),
        ("We open at nine o'clock.", 13, 14),
        ("Not on Sundays.\n\nTwo", 14, 15),
        ("paragraphs\n\ncode\nkept\n\nlast words", 16, 20),
    ]


def test_a_page_of_very_many_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<html><body>" + "<p>word</p>\n" * 3 + "\n" * 70_000 + "<p>end</p>\n<p>of it</p></body></html>")
    (document,) = read_all(path)[1]
    assert (document.line_start, document.line_end) == (1, 70_005)


@pytest.mark.parametrize("name", ["villa-ekudden.html", "norrvik-varme.html"])
def test_lines_of_the_sample_pages(name: str) -> None:
    path = SAMPLES / "web" / name
    documents = read_all(path)[1]
    assert len(documents) > 2
    for document in documents:
        check_words(path, document)


def bodies(transfer: str) -> list[EmailMessage]:
    """Mails with a plain body, with alternatives, and with nothing but a page."""
    plain = make_mail("Plain", "")
    plain.set_content("Schöne Grüße.\n\nThe key is under\nthe third pot.\n", cte=transfer)
    both = make_mail("Both", "")
    both.set_content("Wörds of both.\n", cte=transfer)
    both.add_alternative("<p>Wörds of both.</p>", subtype="html")
    page = make_mail("Page", "")
    page.set_content("<html>\n<p>The rich\nwörds.</p></html>\n", subtype="html", cte=transfer)
    return [plain, both, page]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("transfer", ["8bit", "base64", "quoted-printable"])
def test_lines_of_mails(tmp_path: Path, transfer: str, line_end: bytes) -> None:
    path = tmp_path / "all.mbox"
    box = mailbox.mbox(path)
    for mail in bodies(transfer):
        box.add(mail)
    box.close()
    path.write_bytes(path.read_bytes().replace(b"\n", line_end))
    documents = read_all(path, 40)[1]
    assert len(documents) == 3
    for document in documents:
        if transfer != "base64":
            check_words(path, document)
            continue
        lines = whole(path, document)
        assert lines[0].startswith("From: ")
        assert f"Subject: {document.title}" in lines
        assert sum(line.startswith("Subject: ") for line in lines) == 1
        assert lines[-1] != ""


@pytest.mark.parametrize(
    ("charset", "lines"), [("iso-8859-1", (4, 7)), ("x-unknown", (1, 7))], ids=["known charset", "unknown charset"]
)
def test_lines_of_quoted_printable_with_raw_bytes(tmp_path: Path, charset: str, lines: tuple[int, int]) -> None:
    path = tmp_path / "a.eml"
    header = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: quoted-printable\n\n"
    path.write_bytes(header.encode() + b"M\xfcller=20x\n\nGr\xfc=\n\xdfe\n")
    (document,) = read_all(path)[1]
    assert (document.text, document.line_start, document.line_end) == ("Müller x\n\nGrüße", *lines)


def test_a_mail_without_a_body_is_its_headers(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(bytes(make_mail("Meeting moved to three", "\n")))
    (document,) = read_all(path)[1]
    assert whole(path, document)[0].startswith("From: ")


def test_lines_of_the_sample_mails() -> None:
    paths = sorted((SAMPLES / "mail").iterdir())
    unencoded = 0
    for path in paths:
        for document in read_all(path, 200)[1]:
            if re.match(r"[A-Z][\w-]+:( |$)", whole(path, document)[0]):
                continue  # a header: the whole mail
            check_words(path, document, exact=False)  # an encoded page is known by its lines, which are folded
            unencoded += 1
    assert unencoded > 3


def strings_on(lines: list[str]) -> str:
    """The JSON strings on some lines, decoded."""
    return " ".join(json.loads(found) for found in re.findall(r'"(?:[^"\\]|\\.)*"', "\n".join(lines)))


def test_lines_of_telegram_and_chatgpt(tmp_path: Path) -> None:
    telegram, chatgpt = tmp_path / "result.json", tmp_path / "conversations.json"
    telegram.write_text(json.dumps(TELEGRAM, indent=1))
    chatgpt.write_text(json.dumps([conversation(), conversation("Cake")], indent=2))
    samples = SAMPLES / "chats/band/result.json", SAMPLES / "chats/chatgpt/conversations.json"
    for path in (telegram, chatgpt, *samples):
        documents = read_all(path, 100)[1]
        assert len(documents) > 3
        before = 0
        for document in documents:
            assert document.line_start is not None
            assert document.line_start >= before
            before = document.line_start
            for start, end in sentences(document.text):
                words = re.findall(r"\w+", document.text[start:end])
                shown = named(path, *lines_of(document, start, end))
                assert all(word in strings_on(shown) for word in words)
                if '"file_name"' in "".join(shown):
                    continue  # what was sent with a message has the lines of the message
                assert len(shown) == 1 or len(words) == 1 or any(w not in strings_on(shown[1:]) for w in words)


def test_an_export_on_one_line_is_that_line(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text("\n" + json.dumps(TELEGRAM))
    assert {(document.line_start, document.line_end) for document in read_all(path)[1]} == {(2, 2)}
