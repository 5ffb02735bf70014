"""How ranks come together: the owner starts local ones by itself, `torchrun` starts those of several machines.

Local ranks meet over a file and talk over the loopback interface only. This process is rank 0 of one group at most.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

from engine.parallel.errors import ParallelError
from engine.parallel.link import Link
from engine.parallel.ranks import Ranks

START_S = 60.0  # for all ranks to import torch and meet
END_S = 15.0  # for a rank to end by itself when it is told to, or sees that rank 0 is gone
_in_use: list[object] = []  # a process is of one group, and a group of one bank at a time
_joined: list[Link] = []  # what torchrun's environment described: a process joins once
ROOT = Path(__file__).parents[2]  # where `python -m engine.parallel` finds the engine


def connect(ranks: int, device: str) -> Ranks | None:
    """The ranks torchrun brought together, else so many on this machine, else (1) none. Raises ParallelError.

    None also while this process has ranks in use: what opens a second bank then works alone.
    """
    if _in_use or (ranks <= 1 and not _joined):
        return None
    processes = Joined(_joined[0]) if _joined else LocalRanks(ranks, device)
    _in_use.append(processes)
    return Ranks(processes.link, processes)


class Joined:
    """Ranks that torchrun started, and that stay for the next bank."""

    remedy = "start torchrun again on all machines"

    def __init__(self, link: Link) -> None:
        self.link = link

    def stops(self) -> bool:
        return False

    def why(self, rank: int, otherwise: str) -> str:
        return otherwise

    def end(self, lost: int | None = None) -> None:
        _in_use.clear()


class LocalRanks:
    """Processes of ranks 1 and up on this machine, each with a GPU of its own where there are GPUs."""

    remedy = "try again, Twin starts its ranks anew"

    def __init__(self, ranks: int, device: str) -> None:
        """Returns when all have met; raises ParallelError."""
        check_devices(ranks, device)
        self._folder = tempfile.TemporaryDirectory(prefix="twin-ranks-")  # 0700
        self.processes: list[subprocess.Popen[bytes]] = []
        meeting = Path(self._folder.name)
        try:
            for rank in range(1, ranks):
                command = [sys.executable, "-m", "engine.parallel", "serve", "--device", of_rank(device, rank)]
                command += ["--meeting", str(meeting), "--rank", str(rank), "--ranks", str(ranks)]
                self.processes.append(subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL))
            self.link = meet(meeting, 0, ranks, of_rank(device, 0), self._check_alive)
        except BaseException:
            self.end()
            raise

    def _check_alive(self) -> None:
        for rank, process in enumerate(self.processes, start=1):
            if process.poll() is not None:
                raise ParallelError(f"rank {rank} of {len(self.processes) + 1} {_ending(process)} as it started")

    def stops(self) -> bool:
        return True

    def why(self, rank: int, otherwise: str) -> str:
        """How a lost rank's process ended, if it did."""
        process = self.processes[rank - 1]
        try:
            process.wait(1.0 if "closed" in otherwise else 0.0)
        except subprocess.TimeoutExpired:
            return otherwise
        return f"its process {process.pid} {_ending(process)}"

    def end(self, lost: int | None = None) -> None:
        """Ends the group and the processes, those that do not end by themselves by force and a lost one at once."""
        if lost is not None:
            self.processes[lost - 1].kill()
        leave()
        _in_use.clear()
        deadline = time.monotonic() + END_S
        for process in self.processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._folder.cleanup()


def check_devices(ranks: int, device: str) -> None:
    """One GPU a rank: NCCL takes no two of them on one."""
    if device.startswith("cuda") and ranks > torch.cuda.device_count():
        raise ParallelError(f"{ranks} ranks need a GPU each, and this machine has {torch.cuda.device_count()}: "
                            f"`twin config set ranks {max(1, torch.cuda.device_count())}`")  # fmt: skip


def of_rank(device: str, rank: int) -> str:
    return f"cuda:{rank}" if device.startswith("cuda") else device


def meet(meeting: Path, rank: int, ranks: int, device: str, check: Callable[[], None] = lambda: None) -> Link:
    """Joins the group of a machine's local ranks in a folder that all of them know. `check` is called while this
    waits for the others, and raises what is wrong with them."""
    if loopback := [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback[0])  # nobody on the network can connect
    (meeting / str(rank)).touch()
    deadline = time.monotonic() + START_S
    while not all((meeting / str(other)).exists() for other in range(ranks)):
        check()
        if time.monotonic() > deadline:
            raise ParallelError(f"not all of {ranks} ranks started within {START_S:g} s: try again")
        time.sleep(0.02)
    return _join(device, init_method=f"file://{meeting / 'store'}", rank=rank, world_size=ranks)


def join() -> Link:
    """Joins the group that torchrun's environment describes: rank 0 on the machine that owns the memory."""
    device = f"cuda:{dist.get_node_local_rank()}" if torch.cuda.is_available() else "cpu"
    _joined.append(_join(device, init_method="env://"))
    return _joined[0]


def _join(device: str, **where: object) -> Link:
    on_gpu = device.startswith("cuda")
    if on_gpu:
        torch.cuda.set_device(device)
        os.environ.setdefault("TORCH_NCCL_BLOCKING_WAIT", "1")  # a lost rank is an error here, not the process's end
    hook = sys.excepthook  # torch puts one of its own in front of it each time, which marks every line with the rank
    try:
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if on_gpu else "gloo",
            timeout=timedelta(seconds=START_S),
            **where,  # type: ignore[arg-type]
        )
    except RuntimeError as error:
        raise ParallelError(f"the ranks could not meet within {START_S:g} s: {error}") from error
    finally:
        sys.excepthook = hook
    return Link(torch.device(device) if on_gpu else torch.device("cpu"))


def leave() -> None:
    """Leaves the group, if there is one."""
    _joined.clear()
    if dist.is_initialized():
        dist.destroy_process_group()


def _ending(process: subprocess.Popen[bytes]) -> str:
    code = process.returncode
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
