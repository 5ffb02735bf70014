"""Whether the file system of a folder tells of its changes: one that others write to over a network does not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_MOUNTINFO = Path("/proc/self/mountinfo")
_MOUNT_S = 5.0  # for macOS's `mount` to answer

# Changes made elsewhere are not told to this kernel. fuseblk (NTFS, exFAT) is a local disk and is not among them.
_SILENT = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|afpfs|afs|9p|v9fs|virtiofs|vboxsf|prl_fs|vmhgfs|drvfs|ceph|glusterfs|lustre|gpfs|beegfs"
    r"|ocfs2|gfs2|davfs|webdav|ncpfs|coda|orangefs|macfuse|osxfuse|fuse|fuse\..+"
)


def silent_type(path: Path) -> str | None:
    """The type of the file system at `path` when it tells of no changes, else None (also when that is unknown)."""
    kind = type_at(path, _mounts())
    return kind if kind is not None and _SILENT.fullmatch(kind.lower()) else None


def type_at(path: Path, mounts: dict[Path, str]) -> str | None:
    """The type of the innermost mount that holds `path`, links resolved."""
    real = Path(os.path.realpath(path))
    return next((mounts[folder] for folder in (real, *real.parents) if folder in mounts), None)


def _mounts() -> dict[Path, str]:
    if sys.platform == "darwin":
        try:
            told = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=_MOUNT_S, check=True).stdout
        except (OSError, subprocess.SubprocessError):
            return {}
        return dict(parse_mount(told))
    try:
        return dict(parse_mountinfo(_MOUNTINFO.read_bytes()))
    except OSError:
        return {}


def parse_mountinfo(text: bytes) -> Iterator[tuple[Path, str]]:
    """(folder, type) of each line of Linux's mountinfo; the last of one folder is the one in force."""
    for line in text.splitlines():
        before, _, after = line.partition(b" - ")
        fields, kinds = before.split(b" "), after.split(b" ")
        if len(fields) > 4 and kinds[0]:
            folder = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), fields[4])
            yield Path(os.fsdecode(folder)), kinds[0].decode("ascii", "replace")


def parse_mount(text: str) -> Iterator[tuple[Path, str]]:
    """(folder, type) of each line of macOS's `mount`: `//me@nas/share on /Volumes/share (smbfs, nodev)`."""
    for line in text.splitlines():
        if found := re.fullmatch(r".* on (/.*) \(([^,)]+).*\)", line):
            yield Path(found[1]), found[2]
