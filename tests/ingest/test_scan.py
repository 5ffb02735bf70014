"""Walking folders: what is read, what is ignored by which rule, and what no disk can do to a walk."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.limits import Limits
from ingest.scan import Found, Scanner, scan


def walk(*paths: Path, limits: Limits | None = None) -> dict[str, str | None]:
    """Name -> rule or reason; None for what is to be read."""
    return {item.path.name: item.ignored or item.failed for item in scan(paths, limits or Limits())}


def fill(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("words\n")


def test_files_come_in_sorted_order_with_size_and_time(tmp_path: Path) -> None:
    fill(tmp_path, ["b.md", "a/z.txt", "a/b.txt", "c"])
    found = list(scan([tmp_path], Limits()))
    assert [item.path for item in found] == [tmp_path / name for name in ("b.md", "c", "a/b.txt", "a/z.txt")]
    status = (tmp_path / "b.md").stat()
    assert found[0] == Found(tmp_path / "b.md", 6, status.st_mtime_ns)


def test_overlapping_paths_are_found_once(tmp_path: Path) -> None:
    fill(tmp_path, ["a/b.txt"])
    assert len(list(scan([tmp_path / "a/b.txt", tmp_path, tmp_path / "a"], Limits()))) == 1


def test_junk_and_hidden_files_are_ignored(tmp_path: Path) -> None:
    junk = [".DS_Store", "._x.md", "Thumbs.db", "~$x.docx", "x.swp", "x.md~", "x.part", "x.crdownload"]
    folders = [
        "@eaDir",
        ".git",
        "node_modules",
        "__pycache__",
        ".venv",
        ".Trash-1000",
        ".stversions",
        "#recycle",
    ]
    fill(tmp_path, [*junk, ".hidden.md", "keep.md", *(f"{folder}/x.md" for folder in folders)])
    found = walk(tmp_path)
    assert found.pop("keep.md") is None
    assert found.pop(".hidden.md") == "hidden"
    assert set(found) == {*junk, *folders}, "an ignored folder is one entry, and nothing in it is walked"
    assert all(found.values())


def test_a_file_named_directly_is_read_even_if_hidden(tmp_path: Path) -> None:
    fill(tmp_path, [".hidden.md", ".config/notes.md"])
    assert walk(tmp_path / ".hidden.md", tmp_path / ".config") == {".hidden.md": None, "notes.md": None}


def test_twinignore(tmp_path: Path) -> None:
    fill(tmp_path, ["a.log", "keep.log", "private/x.md", "sub/b.log", "sub/c.txt", "sub/deep/d.txt"])
    (tmp_path / ".twinignore").write_text("# mine\n*.log\n!keep.log\n/private/\n")
    (tmp_path / "sub/.twinignore").write_text("!b.log\ndeep/*.txt\n")
    found = walk(tmp_path)
    assert found == {
        ".twinignore": "hidden",
        "a.log": ".twinignore: *.log",
        "keep.log": None,
        "private": ".twinignore: /private/",
        "b.log": None,
        "c.txt": None,
        "d.txt": ".twinignore: deep/*.txt",
    }


def test_patterns_of_the_settings_are_overruled_by_a_file(tmp_path: Path) -> None:
    fill(tmp_path, ["a.log", "b.log", "sub/c.log", "d.md", "drafts/e.md"])
    (tmp_path / "sub/.twinignore").write_text("!c.log\n!\n\\\n")  # the last two are no patterns, and do no harm
    found = {item.path.name: item.ignored for item in Scanner(Limits(), ["*.log", "drafts/"]).scan([tmp_path])}
    rule = "setting ignore: *.log"
    assert found == {
        "a.log": rule, "b.log": rule, ".twinignore": "hidden", "c.log": None, "d.md": None,
        "drafts": "setting ignore: drafts/",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["keep.md", "sub/a.log", "sub/deep/x.md", "node_modules/p/q.md", ".git/config", "no.md"]
)
def test_a_part_of_a_folder_is_judged_as_in_a_scan_of_the_whole(tmp_path: Path, name: str) -> None:
    fill(tmp_path, ["keep.md", "sub/a.log", "sub/deep/x.md", "node_modules/p/q.md", ".git/config"])
    (tmp_path / ".twinignore").write_text("*.log\n")
    (tmp_path / "sub/.twinignore").write_text("/deep/\n")
    path = tmp_path / name
    whole = [item for item in scan([tmp_path], Limits()) if path.is_relative_to(item.path)]
    assert list(Scanner(Limits()).inside(tmp_path, path)) == whole
    assert [item.path for item in Scanner(Limits()).inside(tmp_path, tmp_path / "sub")] == [
        tmp_path / "sub" / part for part in (".twinignore", "a.log", "deep")
    ]


def test_files_that_memory_holds_are_not_opened(tmp_path: Path) -> None:
    fill(tmp_path, ["a.md", "b.md"])
    (tmp_path / "a.md").write_bytes(b"\x7fELF" + bytes(100))  # opened, it would be recognised as no text
    known = Scanner(Limits(), known=lambda path, status: path.name == "a.md")
    assert [item.ignored for item in known.scan([tmp_path])] == [None, None]


def test_kinds_and_sizes(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(100))
    (tmp_path / "program").write_bytes(b"\x7fELF" + bytes(100))
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    (tmp_path / "empty.md").touch()
    (tmp_path / "line.txt").write_text("x" * 2_000_000)
    (tmp_path / "broken.pdf").write_bytes(b"\x01\x02")
    assert walk(tmp_path, limits=Limits(text_bytes=1_000_000)) == {
        "photo.jpg": "unsupported kind .jpg",
        "program": "unsupported kind (no suffix, not text)",
        "data.csv": None,
        "empty.md": "empty file",
        "line.txt": "larger than 1 MB (limit text_bytes)",
        "broken.pdf": None,
    }


def test_the_default_limit_is_said_in_the_rule(tmp_path: Path) -> None:
    path = tmp_path / "fifty.txt"
    with path.open("wb") as file:
        file.write(b"x" * 100_000)
        file.truncate(50_000_000)
    assert walk(path) == {"fifty.txt": "larger than 25 MB (limit text_bytes)"}


def test_pipes_sockets_and_devices_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s.md"))
        assert walk(tmp_path, Path("/dev/null")) == {
            "pipe.md": "not a regular file (a pipe)",
            "s.md": "not a regular file (a socket)",
            "null": "not a regular file (a device)",
        }
        assert walk(tmp_path / "pipe.md") == {"pipe.md": "not a regular file (a pipe)"}


def test_links_are_not_followed_unless_named(tmp_path: Path) -> None:
    fill(tmp_path, ["root/a.md", "outside/secret.md"])
    root = tmp_path / "root"
    (root / "loop").symlink_to(root)
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "file.md").symlink_to(tmp_path / "outside/secret.md")
    (root / "broken.md").symlink_to(tmp_path / "nowhere")
    rule = "symbolic link (not followed)"
    assert walk(root) == {"a.md": None, "loop": rule, "out": rule, "file.md": rule, "broken.md": rule}
    assert walk(root / "out") == {"secret.md": None}
    assert walk(root / "file.md") == {"file.md": None}


def test_odd_names(tmp_path: Path) -> None:
    names = ["new\nline.md", "emoji 😀.md", "bytes \udcff.md", " lead.md", "-dash.md", "ünï.md"]
    fill(tmp_path, names)
    assert walk(tmp_path) == dict.fromkeys(names)


def test_what_is_missing_fails(tmp_path: Path) -> None:
    assert walk(tmp_path / "no.md") == {"no.md": "not found: there is no such file or folder"}


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder seen by somebody who is not root, whom no file mode would stop."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        (folder / "c").chmod(0o700)


@contextmanager
def without_root() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_may_not_be_read_fails_and_the_walk_goes_on(shared_folder: Path) -> None:
    fill(shared_folder, ["a.md", "b.md", "c/d.md"])
    (shared_folder / "a.md").chmod(0)
    (shared_folder / "c").chmod(0)
    with without_root():
        found = walk(shared_folder)
    assert found["b.md"] is None
    assert str(found["a.md"]).startswith("permission denied")
    assert str(found["a.md"]).endswith("(chmod u+r)")
    assert str(found["c"]).startswith("permission denied")
    assert str(found["c"]).endswith("(chmod u+rx)")
