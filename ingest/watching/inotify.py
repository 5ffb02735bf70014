"""watchdog's inotify observer, which also tells when the kernel lost events or refused a watch. Linux only."""

from __future__ import annotations

from collections.abc import Callable

from watchdog.observers import inotify
from watchdog.observers.api import DEFAULT_OBSERVER_TIMEOUT, BaseObserver
from watchdog.observers.inotify_c import CallbackId, InotifyEvent, InotifyFD, Mask, WatchCallback, WatchDescriptor


class _Inotify(InotifyFD):
    def __init__(self, lost: Callable[[], None], refused: Callable[[OSError], None]) -> None:
        super().__init__()
        self._lost, self._refused = lost, refused

    def handle_event(self, event: InotifyEvent) -> None:
        super().handle_event(event)
        if event.is_queue_overflow:  # by now its watches are rebuilt: what comes after is seen
            self._lost()

    def add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
        try:
            return super().add_callback(path, mask, callback, id_)
        except OSError as error:  # of a folder inside the watched one, watchdog leaves it out and goes on
            self._refused(error)
            raise


class InotifyObserver(inotify.InotifyObserver):
    """As watchdog's, over an inotify instance of its own."""

    def __init__(self, lost: Callable[[], None], refused: Callable[[OSError], None]) -> None:
        self._inotify_fd = _Inotify(lost, refused)
        self._inotify_fd.start()
        BaseObserver.__init__(
            self, inotify.InotifyEmitter, timeout=DEFAULT_OBSERVER_TIMEOUT, inotify_fd=self._inotify_fd
        )
