"""How large a source may be before it is left alone; every limit is a setting of the person."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes of the file on disk, unless said otherwise."""

    text_bytes: int = 25_000_000
    pdf_bytes: int = 200_000_000
    mail_bytes: int = 2_000_000_000  # streamed, one mail at a time
    chat_bytes: int = 200_000_000  # JSON chat exports: text in memory, one chat message decoded at a time
    book_bytes: int = 200_000_000  # docx, epub: pictures, mostly
    xml_bytes: int = 40_000_000  # of one XML file in them, uncompressed; as a tree it takes ten times that
    archive_bytes: int = 500_000_000  # of all members of a zip, uncompressed
    archive_ratio: int = 200  # uncompressed to compressed; text seldom passes 20
    archive_members: int = 100_000  # a Slack export has one for every channel and day
    pdf_pages: int = 5_000
    table_columns: int = 1_000
