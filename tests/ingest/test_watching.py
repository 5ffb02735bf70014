"""Watching: when a path has come to rest, when a folder is scanned, and where no events are to be had."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.watching.mounts import parse_mount, parse_mountinfo, silent_type, type_at
from ingest.watching.stability import Stability
from ingest.watching.watcher import OFFLINE, Step, Times, Watcher


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_file_rests_once_nothing_changed_for_the_delay(tmp_path: Path, clock: Clock) -> None:
    stability, path = Stability(2.0, clock), tmp_path / "a.md"
    path.write_text("half")
    stability.touch([path])
    clock.now += 1.9
    assert stability.rested() == []
    path.write_text("half and half")  # no event told of it: its size does
    clock.now += 0.1
    assert stability.rested() == []
    clock.now += 1.9
    stability.touch([path])  # an event alone begins the delay anew
    clock.now += 1.9
    assert stability.rested() == []
    assert stability.wait_s() == pytest.approx(0.1)
    clock.now += 0.2
    assert stability.rested() == [path]
    assert (len(stability), stability.wait_s()) == (0, None)


def test_a_file_that_is_put_back_is_not_gone(tmp_path: Path, clock: Clock) -> None:
    stability, path = Stability(2.0, clock), tmp_path / "a.md"
    path.write_text("before")
    path.unlink()
    stability.touch([path])
    clock.now += 1.5
    path.write_text("after")
    clock.now += 0.5
    assert stability.rested() == []
    clock.now += 2
    assert stability.rested() == [path]


def test_what_a_scan_notes_again_and_again_still_comes_to_rest(tmp_path: Path, clock: Clock) -> None:
    stability, path = Stability(2.0, clock), tmp_path / "a.md"
    path.write_text("words")
    for _ in range(4):
        stability.note([path])
        clock.now += 0.5
    assert list(stability.sizes()) == [5]
    assert stability.rested() == [path]
    stability.note([path])
    stability.keep(lambda path: False)
    assert path not in stability


MOUNTS = rb"""22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
40 22 0:35 / /mnt/my\040nas rw,relatime shared:20 - nfs4 nas:/export rw,vers=4.2
41 22 0:36 / /mnt/usb rw shared:21 - fuseblk /dev/sdb1 rw
42 22 0:37 / /home/me/cloud rw shared:22 - fuse.rclone remote: rw
"""
MAC_MOUNTS = """/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
//me@nas._smb._tcp.local/share on /Volumes/share (smbfs, nodev, nosuid, mounted by me)
"""


def test_types_of_mounts() -> None:
    mounts = dict(parse_mountinfo(MOUNTS))
    assert type_at(Path("/mnt/my nas/notes"), mounts) == "nfs4"
    assert type_at(Path("/mnt/usb/notes"), mounts) == "fuseblk"
    assert type_at(Path("/mnt/usbx"), mounts) == "ext4"
    assert type_at(Path("/home/me/cloud"), mounts) == "fuse.rclone"
    assert dict(parse_mount(MAC_MOUNTS)) == {Path("/"): "apfs", Path("/Volumes/share"): "smbfs"}


def test_a_local_folder_tells_of_its_changes(tmp_path: Path) -> None:
    assert silent_type(tmp_path) is None


class Steps:
    """A watcher of real folders, with a clock that is moved by hand."""

    def __init__(self, clock: Clock, silent: Callable[[Path], str | None] = lambda path: None) -> None:
        self.clock = clock
        self.watcher = Watcher(Times(stable=2.0, rescan=600.0, poll=30.0), clock=clock, silent=silent)

    def step(self, after: float = 0.0) -> Step:
        """One step, its scans reported as done."""
        self.clock.now += after
        step = self.watcher.step(0.5)
        for root, folder in step.scans:
            if folder == root.path:
                self.watcher.scanned(root, is_believed=True)
        return step

    def until(self, wanted: Callable[[Step], bool]) -> Step:
        """The first step that is so; events take their time."""
        for _ in range(40):
            if wanted(step := self.step()):
                return step
        raise AssertionError("waited in vain")


def scans(step: Step) -> list[Path]:
    return [folder for _, folder in step.scans]


@pytest.fixture
def steps(clock: Clock) -> Iterator[Steps]:
    steps = Steps(clock)
    yield steps
    steps.watcher.close()


def test_a_folder_is_scanned_at_start_and_periodically_and_followed_in_between(tmp_path: Path, steps: Steps) -> None:
    steps.watcher.follow({tmp_path: False})
    assert scans(steps.step()) == [tmp_path]
    assert scans(steps.step(after=599)) == []
    assert scans(steps.step(after=1)) == [tmp_path]
    (tmp_path / "a.md").write_text("words")
    (tmp_path / "b.tmp").write_text("junk")
    steps.until(lambda step: len(steps.watcher.stability) == 1)
    assert steps.step(after=2.1).rested == [tmp_path / "a.md"]
    (tmp_path / ".twinignore").write_text("*.log\n")
    steps.until(lambda step: len(steps.watcher.stability) == 1)
    assert scans(steps.step(after=2.1)) == [tmp_path]
    (tmp_path / "new").mkdir()
    assert scans(steps.until(lambda step: bool(step.scans))) == [tmp_path / "new"]


def test_a_folder_that_vanishes_is_offline_and_another_in_its_place_is_scanned(tmp_path: Path, steps: Steps) -> None:
    root = tmp_path / "disk"
    root.mkdir()
    steps.watcher.follow({root: False})
    steps.step()
    (found,) = steps.watcher.roots()
    assert (found.is_online, found.is_steady, steps.watcher.is_there(found)) == (True, True, True)
    root.rename(tmp_path / "unplugged")
    assert not steps.watcher.is_there(found)
    assert scans(steps.step(after=1.1)) == [root]
    assert (found.is_online, found.is_steady, found.reason) == (False, False, OFFLINE)
    assert scans(steps.step(after=5000)) == []
    root.mkdir()
    assert scans(steps.step(after=1.1)) == [root]
    assert found.is_online
    root.rmdir()
    (tmp_path / "unplugged").rename(root)
    assert scans(steps.step(after=1.1)) == [root]
    (root / "a.md").write_text("words")
    steps.until(lambda step: root / "a.md" in steps.watcher.stability)


def test_a_single_file_is_followed_through_an_editors_save(tmp_path: Path, steps: Steps) -> None:
    path, other = tmp_path / "a.md", tmp_path / "b.md"
    path.write_text("words")
    steps.watcher.follow({path: True})
    steps.step()
    other.write_text("more words")
    other.replace(path)
    steps.until(lambda step: path in steps.watcher.stability)
    assert len(steps.watcher.stability) == 1


def test_a_link_to_a_folder_is_followed_under_its_own_name(tmp_path: Path, steps: Steps) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    steps.watcher.follow({tmp_path / "link": False})
    steps.step()
    (tmp_path / "real" / "a.md").write_text("words")
    steps.until(lambda step: tmp_path / "link" / "a.md" in steps.watcher.stability)


def test_lost_events_are_made_up_for_by_a_scan(tmp_path: Path, steps: Steps) -> None:
    """The kernel's queue is made to overflow: whoever reads it waits for a lock that the test holds."""
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 20_000:
        pytest.skip("this system keeps too many events to lose some quickly")
    steps.watcher.follow({tmp_path: False})
    steps.step()
    notify = steps.watcher._events._observer._inotify_fd  # type: ignore[union-attr]
    with notify._lock:
        for number in range(limit + 5000):  # the reader may have taken one buffer before it waits
            os.close(os.open(tmp_path / f"{number % 2}.tmp", os.O_CREAT | os.O_WRONLY))
    assert tmp_path in scans(steps.until(lambda step: bool(step.scans)))


def test_where_no_events_come_folders_are_polled_and_that_is_said(tmp_path: Path, clock: Clock) -> None:
    steps = Steps(clock, lambda path: "nfs4")
    steps.watcher.follow({tmp_path: False})
    assert scans(steps.step()) == [tmp_path]
    (root,) = steps.watcher.roots()
    assert root.is_polled
    assert "polled every 30 s: nfs4" in root.reason
    assert scans(steps.step(after=29)) == []
    assert scans(steps.step(after=1)) == [tmp_path]
    steps.watcher.close()


@contextmanager
def no_more_files() -> Iterator[None]:
    """The system refuses this process every further open file."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.open("/dev/null", os.O_RDONLY)
    os.close(probe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_at_the_limit_of_the_system_folders_are_polled(tmp_path: Path, steps: Steps) -> None:
    steps.watcher.follow({tmp_path: False})
    with no_more_files():
        assert scans(steps.step()) == [tmp_path]
    (root,) = steps.watcher.roots()
    assert root.is_polled
    assert "limit of watched folders" in root.reason
    assert scans(steps.step(after=30)) == [tmp_path]


def test_nested_roots_and_what_is_followed_no_more(tmp_path: Path, steps: Steps) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    steps.watcher.follow({tmp_path: False, inner: False})
    assert set(scans(steps.step())) == {tmp_path, inner}
    root = steps.watcher.root_of(inner / "a.md")
    assert root is not None
    assert root.path == inner
    steps.watcher.follow({tmp_path: False})
    steps.step()
    (inner / "a.md").write_text("words")
    steps.until(lambda step: inner / "a.md" in steps.watcher.stability)
    steps.watcher.follow({})
    steps.step()
    assert len(steps.watcher.stability) == 0
    assert threading.active_count() < 10
