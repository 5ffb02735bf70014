"""The command line against a real owner of a small memory: output, JSON, exit codes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from owners import ROOT, client, twin

from twin_app import dates, opening, render
from twin_app.cli import main
from twin_app.errors import TwinError
from twin_app.ownership import is_owned


@pytest.fixture
def owned(home: Path) -> Path:
    """A home whose owner serves a SmallMemory."""
    client(home).call("status", {})
    return home


def test_ask_prints_answer_citations_and_coverage(owned: Path) -> None:
    done = twin(owned, "ask", "When do we fly?")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[:2] == ["On Monday.", ""]
    assert lines[2] == "[1] “We fly on Monday.\N{REPLACEMENT CHARACTER}[31m” — /notes/trip plan.md:3-4"
    assert lines[3].startswith("searched 1 of 1 documents · 0.01 s · small")
    assert "\x1b" not in done.stdout


def test_nothing_grounded_is_exit_4(owned: Path) -> None:
    done = twin(owned, "ask", "unknown")
    assert done.returncode == 4
    assert "Nothing in memory grounds an answer. Nearest:" in done.stdout
    assert "[1]" in done.stdout
    as_json = twin(owned, "--json", "ask", "unknown")
    assert as_json.returncode == 4
    assert json.loads(as_json.stdout)["grounded"] is False


def test_options_before_and_after_the_verb(owned: Path) -> None:
    for arguments in (("--json", "--model", "m", "ask", "q"), ("ask", "q", "--model", "m", "--json")):
        found = json.loads(twin(owned, *arguments, "--since", "2024-02", "--until", "2024-02", "--in", ".").stdout)
        params = found["params"]
        assert (params["since"], params["until"]) == ("2024-02-01", "2024-02-29T23:59:59")
        assert (params["inside"], params["top"], params["retrieval"]) == (str(ROOT), 10, "both")
        assert (params["stream"], params["save"], params["continue"]) == (False, True, False)


def test_standard_input_is_read_only_for_a_dash(owned: Path) -> None:
    found = json.loads(twin(owned, "ask", "-", "--json", input="from a pipe\n").stdout)
    assert (found["question"], found["context"]) == ("from a pipe", "")
    found = json.loads(twin(owned, "ask", "why", "-", "--json", input="context\n").stdout)
    assert (found["question"], found["context"]) == ("why", "context")
    found = json.loads(twin(owned, "ask", "why", "--json", input="ignored\n").stdout)
    assert (found["question"], found["context"]) == ("why", "")


def test_many_questions_are_json_lines(owned: Path, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "a", "question": "q"}\n\n{"id": 2, "question": "unknown"}\n')
    done = twin(owned, "ask", "--questions", str(file))
    assert done.returncode == 0
    assert [(item["id"], item["grounded"]) for item in map(json.loads, done.stdout.splitlines())] == [
        ("a", True),
        (2, False),
    ]
    file.write_text('{"id": "a"}\n')
    done = twin(owned, "ask", "--questions", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert "line 1" in done.stderr


def test_add_names_what_failed_or_is_missing(owned: Path, tmp_path: Path) -> None:
    for name in ("a.md", "b.bad"):
        (tmp_path / name).write_text("x")
    good = twin(owned, "add", str(tmp_path / "a.md"), "--json")
    assert good.returncode == 0
    assert json.loads(good.stdout)["paths"] == [str(tmp_path / "a.md")]
    bad = twin(owned, "add", str(tmp_path / "a.md"), str(tmp_path / "b.bad"), str(tmp_path / "none"))
    assert bad.returncode == 1
    assert bad.stdout == ""
    assert f"no such file or folder: {tmp_path / 'none'}" in bad.stderr
    assert f"failed: {tmp_path / 'b.bad'}: broken" in bad.stderr
    assert "1 read, 1 failed; 1 documents, 10 tokens" in bad.stderr


def test_forget_wants_a_yes(owned: Path, tmp_path: Path) -> None:
    refused = twin(owned, "forget", "notes.md")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert str(ROOT / "notes.md") in refused.stderr
    assert "--yes" in refused.stderr
    receipt = twin(owned, "forget", "d-000001", "--yes", "--json")
    assert receipt.returncode == 0
    assert json.loads(receipt.stdout)["documents"] == ["d-1", "d-2"]
    (tmp_path / "receipt.json").write_text(receipt.stdout)
    assert twin(owned, "verify").returncode == 0
    left = twin(owned, "verify", "--forgotten", str(tmp_path / "receipt.json"))
    assert (left.returncode, left.stdout) == (1, "left over\n")


def test_errors_go_to_stderr_and_leave_stdout_empty(owned: Path) -> None:
    done = twin(owned, "show", "9", "--json")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "twin: the last answer has no citation 9\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask",),
        ("ask", "q", "--since", "yesterday"),
        ("ask", "q", "--retrieval", "magic"),
        ("ask", "q", "--top", "0"),
        ("ask", "q", "--sinc", "2024"),
        ("forget",),
        ("frobnicate",),
        ("config", "set", "modle", "x"),
        ("ask", "q", "--device", "abacus"),
        ("add", "~nobody-of-that-name/notes"),
        ("forget", "~nobody-of-that-name/notes"),
        ("ask", "q", "--model", "~nobody-of-that-name/model"),
        ("--home", "~nobody-of-that-name", "status"),
    ],
)
def test_usage_errors_are_exit_2_and_start_no_owner(
    home: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(home), *arguments]) == 2
    assert capsys.readouterr().out == ""
    assert not (home / "owner.lock").exists()


def test_config_needs_no_owner(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["--home", str(home), "config", "set", "me", "Anna", "anna@x.de"]) == 0
    monkeypatch.setenv("TWIN_THREADS", "2")
    assert main(["config", "show", "--json", "--home", str(home), "--device", "cpu"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["me"] == {"value": ["Anna", "anna@x.de"], "from": str(home / "config.toml")}
    assert shown["threads"] == {"value": 2, "from": "TWIN_THREADS"}
    assert shown["device"]["from"] == "flag"
    assert main(["--home", str(home), "config", "show"]) == 0
    assert 'me = ["Anna", "anna@x.de"]' in capsys.readouterr().out
    assert main(["--home", str(home), "config", "path"]) == 0
    assert capsys.readouterr().out == f"{home / 'config.toml'}\n"
    assert not (home / "owner.lock").exists()


def test_open_runs_the_persons_command_at_the_place(owned: Path, tmp_path: Path) -> None:
    source, seen = owned / "trip plan.md", tmp_path / "seen"
    assert "not there any more" in twin(owned, "open", "1").stderr
    source.write_text("x")
    script = f"import sys; open({str(seen)!r}, 'w').write(repr(sys.argv[1:]))"
    command = f'{sys.executable} -c "{script}" {{path}} {{line}}'
    assert twin(owned, "config", "set", "opener", command).returncode == 0
    assert twin(owned, "open", "1").returncode == 0
    assert seen.read_text() == repr([str(source), "3"])


def test_a_closed_pipe_is_quiet(owned: Path) -> None:
    command = [sys.executable, "-m", "twin_app", "--home", str(owned), "documents", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"d-000000" in process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(10) == 0


def test_ctrl_c_is_130(owned: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "twin_app", "--home", str(owned), "add", "--again", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for _ in range(500):
            if (owned / "cancelled").exists():
                break
            try:
                process.wait(2.0)  # a busy machine takes its time to start Python
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert errors == b"twin: interrupted\n"


def test_stop_starts_nothing(home: Path, owned: Path) -> None:
    assert "stopped the owner process" in twin(owned, "stop").stderr
    assert not is_owned(owned / "owner.lock")
    assert twin(owned, "stop").stderr == "no owner process was running\n"


def test_a_terminal_gets_links_and_nothing_a_document_wrote() -> None:
    out = io.StringIO()
    console = render.Console(out, io.StringIO(), styled=True)
    source = "/a b/\x1b]8;;evil\x07.md"
    render.passages(console, [{"n": 1, "source": source, "quote": "x\x1b[2Jy\u202ez", "page": 3}])
    text = out.getvalue()
    assert "\x1b]8;;file://" in text
    assert "/a%20b/" in text
    assert "page 3" in text
    assert "\x1b]8;;evil" not in text
    assert "\x1b[2J" not in text
    assert "\u202e" not in text


def test_places() -> None:
    console = render.Console(io.StringIO(), io.StringIO())
    message = {"author": "Ben", "time": "2024-05-08T13:56:00", "index": 2}
    assert render.place(console, {"source": "/c.txt", "message": message}) == "/c.txt, Ben, 2024-05-08 13:56:00"
    assert render.place(console, {"source": "/c.txt", "line_start": 7, "line_end": 7}) == "/c.txt:7"
    assert render.place(console, {"source": "/a\nb.md"}) == "/a\\nb.md"


def test_dates_sort_beside_those_of_documents() -> None:
    assert dates.start("2024") == "2024-01-01" <= "2024-01-01T00:00:00"
    assert dates.end("2024") == "2024-12-31T23:59:59"
    assert dates.end("2023-02") == "2023-02-28T23:59:59"
    assert dates.start("2024-05-08T13:56") == "2024-05-08T13:56:00"


def test_what_opens_a_file() -> None:
    def has(*programs: str) -> opening.Which:
        return lambda name: f"/usr/bin/{name}" if name in programs else None

    note, paper = opening.Place(Path("/a b.md"), line=12), opening.Place(Path("/p.pdf"), page=3)

    def command(place: opening.Place, opener: str, editor: str, *programs: str) -> list[str]:
        return opening.command(place, opener=opener, editor=editor, platform="linux", which=has(*programs))

    assert command(note, "x {path} -l{line}", "vim") == ["x", "/a b.md", "-l12"]
    assert command(note, "", "vim -p") == ["vim", "-p", "+12", "/a b.md"]
    assert command(note, "", "code --wait") == ["code", "--wait", "-g", "/a b.md:12"]
    assert command(note, "", "", "xdg-open") == ["xdg-open", "/a b.md"]
    assert command(paper, "", "vim", "zathura", "xdg-open") == ["zathura", "-P", "3", "/p.pdf"]
    assert command(paper, "", "vim", "xdg-open") == ["xdg-open", "/p.pdf"]
    with pytest.raises(TwinError, match="config set opener"):
        command(paper, "", "")


def test_progress_says_rate_and_time_left() -> None:
    narration = io.StringIO()
    progress = render.Progress(render.Console(io.StringIO(), narration, live=True))
    progress({"event": "progress", "phase": "waiting for another add"})
    counts = {"done": 120, "total": 1500, "unit": "documents", "rate": 8120, "eta_s": 185.0, "tokens": 61440}
    progress({"event": "progress", "phase": "encoding", **counts})
    progress.done()
    line = "encoding: 120/1,500 documents, 61,440 tokens, 8,120 tokens/s, 3 min 5 s left"
    assert narration.getvalue() == f"waiting for another add…\n\r{line}\r{' ' * len(line)}\r"
