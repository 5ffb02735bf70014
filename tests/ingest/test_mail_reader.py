"""Mail: single and in mailboxes, in every encoding mail comes in."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest
from reading import measure, read_all

from ingest.limits import Limits
from ingest.readers import read
from ingest.types import Message, Unreadable


def make_mail(subject: str, body: str, sender: str = "Anna Berg <anna@example.com>") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = "Ben <ben@example.com>, carl@example.com"
    mail["Subject"] = subject
    mail["Date"] = "Wed, 08 May 2024 13:56:00 +0200"
    mail.set_content(body)
    return mail


def test_a_mail(tmp_path: Path) -> None:
    mail = make_mail("Größe der Wohnung – Öfen", "Hallo Ben,\n\ndie Wohnung hat 80 m².\n", "Jürgen <j@example.com>")
    mail.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="Grundriß.pdf")
    path = tmp_path / "a.eml"
    path.write_bytes(bytes(mail))
    reading, documents = read_all(path, 100)
    assert reading.kind == "mail"
    assert [document.text for document in documents] == ["Hallo Ben,\n\ndie Wohnung hat 80 m²."]
    message = Message("Jürgen", "2024-05-08T13:56:00+02:00", 0)
    assert documents[0].messages == ((0, message),)
    assert documents[0].title == "Größe der Wohnung – Öfen"
    assert documents[0].context == (
        "Größe der Wohnung – Öfen, 2024-05-08 13:56, from Jürgen to Ben, carl@example.com:\n(attached: Grundriß.pdf)\n"
    )


@pytest.mark.parametrize("transfer", ["quoted-printable", "base64", "8bit"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_transfer_encodings(tmp_path: Path, transfer: str, charset: str) -> None:
    mail = make_mail("Hi", "")
    mail.set_content("Schöne Grüße aus Köln\n", charset=charset, cte=transfer)
    path = tmp_path / "a.eml"
    path.write_bytes(bytes(mail))
    assert read_all(path)[1][0].text == "Schöne Grüße aus Köln"


def test_plain_text_is_preferred_and_html_is_read_where_it_is_all(tmp_path: Path) -> None:
    both = make_mail("Both", "The plain words.")
    both.add_alternative("<p>The <b>rich</b> words.</p>", subtype="html")
    (tmp_path / "both.eml").write_bytes(bytes(both))
    assert [document.text for document in read_all(tmp_path / "both.eml")[1]] == ["The plain words."]
    rich = make_mail("Rich", "")
    rich.set_content("<html><style>x</style><p>The <b>rich</b> words.</p></html>", subtype="html")
    (tmp_path / "rich.eml").write_bytes(bytes(rich))
    assert [document.text for document in read_all(tmp_path / "rich.eml")[1]] == ["The rich words."]


def test_a_forwarded_mail_is_an_attachment_and_a_bare_subject_is_text(tmp_path: Path) -> None:
    mail = make_mail("Forwarded", "See below.")
    mail.add_attachment(make_mail("Inner", "Inner words."))
    (tmp_path / "a.eml").write_bytes(bytes(mail))
    documents = read_all(tmp_path / "a.eml", 100)[1]
    assert [document.text for document in documents] == ["See below."]
    assert "(attached: Inner)" in documents[0].context
    (tmp_path / "b.eml").write_bytes(bytes(make_mail("Meeting moved to three", "\n")))
    assert [document.text for document in read_all(tmp_path / "b.eml")[1]] == ["Meeting moved to three"]


def test_raw_bytes_in_headers_and_wrong_charsets(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(
        "From: Jürgen <j@example.com>\r\nSubject: Größe\r\nDate: yesterday\r\n"
        "Content-Type: text/plain; charset=x-unknown\r\n\r\nÄpfel\r\n".encode()
    )
    document = read_all(path)[1][0]
    assert (document.title, document.text, document.date) == ("Größe", "Äpfel", None)
    assert document.messages[0][1].author == "Jürgen"


@pytest.mark.parametrize("name", ["All mail.mbox", "Inbox"])
def test_a_mailbox_is_read_mail_by_mail(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    box = mailbox.mbox(path)
    for i in range(5):
        box.add(make_mail(f"Subject {i}", f"Body {i}.\n\nFrom here on it is quoted.\n"))
    box.close()
    reading, documents = read_all(path, 100)
    assert reading.kind == "mail"
    assert [document.text for document in documents] == [f"Body {i}.\n\nFrom here on it is quoted." for i in range(5)]
    assert [document.messages[0][1].index for document in documents] == [0, 1, 2, 3, 4]


SEPARATOR = b"From a@b Wed May  8 13:56:00 2024\n"
GOOD = SEPARATOR + bytes(make_mail("Good", "Words.")) + b"\n"
NESTED = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (i, i) for i in range(2_000))


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (NESTED, "recursion depth"),
        (b"Content-Type: text/plain; charset*=utf\0-8''abc\n\nWords.\n", "null character"),
        (b"Content-Type: text/plain; name*" + b"9" * 5_000 + b"*=x\n\nWords.\n", "digits"),
    ],
    ids=["nested", "charset", "numbered"],
)
def test_a_mailbox_loses_a_damaged_mail_and_no_other(tmp_path: Path, mail: bytes, reason: str) -> None:
    path = tmp_path / "a.mbox"
    path.write_bytes(GOOD + SEPARATOR + mail + b"\n" + GOOD)
    reading, documents = read_all(path)
    assert [document.messages[0][1].index for document in documents] == [0, 2]
    assert len(reading.unreadable) == 1
    assert reading.unreadable[0].startswith("mail 2: damaged (")
    assert reason in reading.unreadable[0]


@pytest.mark.parametrize(
    ("header", "title"),
    [
        (b'Subject: Hi\nContent-Type: text/plain; charset="utf\0-8"', "Hi"),
        (b"Subject: =?utf\0?q?abc?=", "abc"),
        (b"Subject: =?x-unknown?b?AAECAwQFBgcI?=", "(no subject)"),
        (b"Subject: Hi\nContent-Type: text/plain; name*=utf\0-8''abc", "Hi"),
        (b"Subject: Hi\nTo: " + b"(" * 3_000, "Hi"),
    ],
    ids=["charset", "charset of a subject", "binary subject", "charset of a name", "brackets"],
)
def test_a_damaged_header_costs_no_mail(tmp_path: Path, header: bytes, title: str) -> None:
    path = tmp_path / "a.mbox"
    path.write_bytes(SEPARATOR + b"From: Anna <a@b>\n" + header + b"\n\nWords.\n\n" + GOOD)
    reading, documents = read_all(path)
    assert [(document.title, document.text) for document in documents] == [(title, "Words."), ("Good", "Words.")]
    assert documents[0].messages[0][1].author == "Anna"
    assert reading.unreadable == []


def test_a_line_of_a_body_is_no_separator(tmp_path: Path) -> None:
    path = tmp_path / "a.mbox"
    said = ("From what I remember it was in 2019\nand not later.", "From our site in 2019\nhttps://example.org/a")
    path.write_bytes(b"".join(GOOD + text.encode() + b"\n\n" for text in said) + GOOD)
    reading, documents = read_all(path)
    assert [document.text for document in documents] == [*(f"Words.\n\n{text}" for text in said), "Words."]
    assert reading.unreadable == []


def test_a_mailbox_without_a_header_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "a.mbox"
    path.write_bytes(SEPARATOR + b"\n\nno header here\n")
    with pytest.raises(Unreadable, match="mail 1: no header in it"):
        read(path, limits=Limits(), measure=measure, max_tokens=64)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00" * 50, b"no header at all\n"])
def test_what_is_no_mail_is_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        read(path, limits=Limits(), measure=measure, max_tokens=64)
