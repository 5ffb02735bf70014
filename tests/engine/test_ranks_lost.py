"""A rank that is killed or hangs: an error that names it within a bounded time, nothing lost, a new start works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tiny import TEXTS, Texts, checkpoint

from engine.config import ModelConfig
from engine.interleave import Ask
from engine.memory import Bank
from engine.parallel import ParallelError, RankLost
from engine.parallel.__main__ import main
from engine.parallel.launch import LocalRanks, check_devices
from engine.session import Engine, fingerprint, layout_of

ROOT = Path(__file__).parents[2]
QUICKLY_S = 8.0  # on a busy machine; a killed rank is noticed within milliseconds
QUOTE = {"answer": "quote", "identity_weight": 0.0, "max_hops": 2, "max_open": 3}


@contextmanager
def opened(folder: Path, ranks: int = 2) -> Iterator[Engine]:
    weights = folder / "checkpoint"
    if not weights.exists():
        checkpoint(weights, twin_config=QUOTE)
    engine = Engine.open(weights, folder / "bank", device="cpu", ranks=ranks)
    try:
        yield engine
    finally:
        began = time.monotonic()
        engine.close()
        assert time.monotonic() - began < 20.0
    assert all(process.returncode is not None for process in of(engine).processes), "none is left behind"


def of(engine: Engine) -> LocalRanks:
    assert engine.ranks is not None
    assert isinstance(engine.ranks.processes, LocalRanks)
    return engine.ranks.processes


def end(engine: Engine, rank: int, number: int = signal.SIGKILL) -> None:
    os.kill(of(engine).processes[rank - 1].pid, number)


class Killing(Texts):
    """Kills a rank in the middle of a question: when its words are looked up, before it is routed."""

    engine: Engine

    def words(self, text: str, limit: int) -> dict[int, float]:
        end(self.engine, 2)
        return super().words(text, limit)


def encode(engine: Engine, numbers: Sequence[int], kill: int | None = None) -> None:
    """Real texts under these IDs; kills a rank between two batches."""
    calls = 0

    def between() -> None:
        nonlocal calls
        calls += 1
        if kill is not None and calls == 1:
            end(engine, kill)

    engine.encode([(number, TEXTS[number % len(TEXTS)] * 6) for number in numbers], between=between)


def test_killed_in_the_middle_of_a_question_and_of_encoding(tmp_path: Path) -> None:
    with opened(tmp_path, 3) as engine:
        encode(engine, range(40))
        want = list(engine.answer(Ask("Who produced the film?"), Texts()))
        killing = Killing()
        killing.engine = engine
        began = time.monotonic()
        said = r"rank 2 of 3 was lost while answering \(its process \d+ was ended by signal 9\)"
        with pytest.raises(RankLost, match=said):
            list(engine.answer(Ask("Who produced the film?"), killing))
        assert time.monotonic() - began < QUICKLY_S
        with pytest.raises(RankLost, match="try again"):  # at once, and not by waiting for who is gone
            list(engine.answer(Ask("Who produced the film?"), Texts()))
    with opened(tmp_path, 2) as engine:
        assert list(engine.answer(Ask("Who produced the film?"), Texts())) == want
        began = time.monotonic()
        with pytest.raises(RankLost, match="rank 1 of 2 was lost while encoding"):
            encode(engine, range(40, 120), kill=1)
        assert time.monotonic() - began < 2 * QUICKLY_S
        assert engine.bank.documents() == set(range(40)), "all or none of a batch"
        assert engine.bank.verify() == []
    assert Bank.open(tmp_path / "bank", engine.bank.layout).documents() == set(range(40))


def test_a_rank_that_cannot_do_what_it_is_told_says_so_and_one_that_hangs_is_given_up(tmp_path: Path) -> None:
    with opened(tmp_path) as engine:
        encode(engine, range(4))
        ranks, layout = engine.ranks, engine.bank.layout.as_json()
        assert ranks is not None
        fields = {"checkpoint": str(tmp_path / "gone"), "bank": str(tmp_path / "bank"), "threads": 1, "layout": layout}
        ranks.send(1, "open", fields, doing="opening the bank")
        with pytest.raises(ParallelError, match=r"rank 1 failed while opening the bank: .*gone.config\.json"):
            ranks.receive(1, doing="opening the bank")
        ranks.open(tmp_path / "checkpoint", tmp_path / "bank", engine.bank.layout, 1)
        assert list(engine.answer(Ask("Who produced the film?"), Texts()))
        ranks.answer_s = 1.0
        end(engine, 1, signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(RankLost, match=r"rank 1 of 2 .* \(no answer within 1 s\)"):
            list(engine.answer(Ask("Who produced the film?"), Texts()))
        assert time.monotonic() - began < QUICKLY_S


def test_ranks_leave_when_rank_0_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, time\n"
        "from engine.parallel.launch import LocalRanks\n"
        "local = LocalRanks(3, 'cpu')\n"
        "print(*[process.pid for process in local.processes], flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pids = [int(word) for word in owner.stdout.readline().split()]
        owner.kill()
    assert len(pids) == 2
    deadline = time.monotonic() + 30.0
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_one_gpu_a_rank() -> None:
    with pytest.raises(ParallelError, match="64 ranks need a GPU each"):
        check_devices(64, "cuda:0")


def corpus(folder: Path, documents: int) -> Path:
    path = folder / "corpus.jsonl"
    rows = ({"document": number, "text": TEXTS[number % len(TEXTS)]} for number in range(documents))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@contextmanager
def bulk(folder: Path, ranks: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]
    command += ["-m", "engine.parallel", "encode", "--checkpoint", str(folder / "checkpoint")]
    command += ["--bank", str(folder / "bank"), "--documents", str(folder / "corpus.jsonl")]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as run:
        try:
            yield run
        finally:
            run.kill()


def test_bulk_encoding_over_torchrun_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    weights = checkpoint(tmp_path / "checkpoint")
    corpus(tmp_path, 1200)
    with bulk(tmp_path, 2) as run:
        assert run.stderr is not None
        for line in run.stderr:
            if "documents" in line:  # the first slice is durable
                break
        ranks = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
        os.kill(int(ranks[-1]), signal.SIGKILL)
        run.communicate(timeout=100)
        assert run.returncode != 0
    layout = layout_of(ModelConfig.read(weights), fingerprint(weights))
    held = Bank.open(tmp_path / "bank", layout)
    assert 512 <= len(held.documents()) < 1200
    assert held.verify() == []
    with bulk(tmp_path, 2) as run:
        said = run.communicate(timeout=100)[1]
    assert run.returncode == 0, said
    assert f"{1200 - held.view().documents:,} documents" in said, "what was durable is not encoded again"
    done = Bank.open(tmp_path / "bank", layout)
    assert done.documents() == set(range(1200))
    assert done.verify() == []


def test_without_torchrun_one_process_encodes_and_a_bad_line_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = checkpoint(tmp_path / "checkpoint")
    with corpus(tmp_path, 520).open("a", encoding="utf-8") as file:
        file.write('{"text": "no ID"}\n')
    paths = {"--checkpoint": weights, "--bank": tmp_path / "bank", "--documents": tmp_path / "corpus.jsonl"}
    assert main(["encode", *(str(word) for pair in paths.items() for word in pair)]) == 1
    assert "corpus.jsonl, line 521" in capsys.readouterr().err
    layout = layout_of(ModelConfig.read(weights), fingerprint(weights))
    assert Bank.open(tmp_path / "bank", layout).documents() == set(range(512)), "what came before is durable"
