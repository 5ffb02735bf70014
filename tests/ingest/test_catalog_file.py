"""The catalog's file: ids, processes, threads, versions, damage, and the time a large batch takes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from ingest import migrations
from ingest.catalog import Catalog, CatalogBusy, CatalogError, StoreItem
from ingest.types import Document

ROOT = Path(__file__).parents[2]


def item(path: str, texts: Sequence[str], context: str = "") -> StoreItem:
    documents = [Document(text, context, "Title", (), 0, len(text)) for text in texts]
    return StoreItem(Path(path), "text", "aa", 10, 0, "Title", documents, [5] * len(documents))


def test_ids_are_never_given_again(tmp_path: Path) -> None:
    path = tmp_path / "catalog.duckdb"
    seen: set[int] = set()
    for round_ in range(3):
        catalog = Catalog.open(path)
        result = catalog.store([item("/n/a", [f"{round_} {n}" for n in range(4)])])
        numbers = {number for number, _ in result.added}
        assert len(numbers) == 4
        assert not numbers & seen
        seen |= numbers
        catalog.sources.remove([row.id for row in catalog.sources.all()])
        catalog.rewrite()
        assert catalog.check() == []
        catalog.close()


def test_threads_share_a_catalog(tmp_path: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog.duckdb")
    errors: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for n in range(5):
                catalog.store([item(f"/n/{name}{n}", [f"{name} {n}"])])
                assert f"{name} {n}" in [row.document.text for row in catalog.documents.stream()]
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert catalog.counts().documents == 15
    assert catalog.check() == []
    catalog.close()


def test_a_second_process_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "catalog.duckdb"
    catalog = Catalog.open(path)
    script = (
        "import sys; from pathlib import Path; from ingest.catalog import Catalog, CatalogBusy\n"
        "try: Catalog.open(Path(sys.argv[1]))\n"
        "except CatalogBusy as error: print(error); sys.exit(3)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    catalog.close()
    assert done.returncode == 3, done.stderr
    assert str(path) in done.stdout


def test_a_newer_catalog_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.duckdb"
    Catalog.open(path).close()
    raw = duckdb.connect(str(path))
    raw.execute("INSERT INTO migrations VALUES (999, 'later', now()::TIMESTAMP)")
    raw.close()
    with pytest.raises(CatalogError, match="newer Twin"):
        Catalog.open(path)
    damaged = tmp_path / "damaged.duckdb"
    damaged.write_bytes(b"not a database" * 1000)
    with pytest.raises(CatalogError, match=r"damaged\.duckdb") as caught:
        Catalog.open(damaged)
    assert not isinstance(caught.value, CatalogBusy)
    assert damaged.read_bytes().startswith(b"not a database")


def test_a_catalog_of_the_first_version_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "catalog.duckdb"
    raw = duckdb.connect(str(path))
    with monkeypatch.context() as then:
        then.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        assert migrations.apply(raw) == 1
    raw.execute(
        "INSERT INTO documents (id, source, ord, text, context, title, headings, char_start, char_end, added_at) "
        "VALUES (1, 1, 0, 'words', '', 'A', '[]', 0, 5, now()::TIMESTAMP)"
    )
    raw.execute("INSERT INTO sources (id, path, display, state) VALUES (1, '/a', '/a', 'stored')")
    raw.close()
    catalog = Catalog.open(path)
    assert catalog.documents.get([1])[1].document.lines == ()
    catalog.close()


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "home" / "catalog.duckdb"
    catalog = Catalog.open(path)
    catalog.store([item("/n/a", ["one"])])
    catalog.rewrite()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    catalog.close()


def test_check_finds_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "catalog.duckdb"
    catalog = Catalog.open(path)
    catalog.store([item("/n/a", ["one", "two"]), item("/n/b", ["three"])])
    catalog.documents.mark_encoded([1, 2, 3], [5, 5, 5])
    catalog.close()
    raw = duckdb.connect(str(path))
    raw.execute("UPDATE documents SET text = 'other' WHERE id = 1; UPDATE documents SET tokens = NULL WHERE id = 2")
    raw.execute("UPDATE documents SET source = 77, id = 99 WHERE id = 3")
    raw.close()
    catalog = Catalog.open(path)
    problems = "\n".join(catalog.check())
    for expected in (
        "text of d-000001",
        "d-000002 is encoded, but of unknown length",
        "d-000099 belongs to no source",
        "d-000099 is above",
        "(/n/b) is ready with nothing read",
    ):
        assert expected in problems
    catalog.close()


def test_five_thousand_documents_take_seconds(tmp_path: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog.duckdb")
    many = [f"{n} " + "some words of a note " * 40 for n in range(5000)]
    files = [item(f"/n/{n}", many[n : n + 50], "Notes > Trip") for n in range(0, 5000, 50)]
    start = time.perf_counter()
    assert len(catalog.store(files).added) == 5000
    stored_s = time.perf_counter() - start
    start = time.perf_counter()
    assert catalog.store(files).kept == 5000
    again_s = time.perf_counter() - start
    assert sum(1 for _ in catalog.documents.stream()) == 5000
    assert stored_s < 8
    assert again_s < 8
    catalog.close()
