"""The files of the private server, and the folder of its socket."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from portalcrawler.home import db_folder, home
from portalcrawler.store.errors import StoreUnavailable

SOCKET_NAME = "mongod.sock"
# A socket's path must fit into sockaddr_un.sun_path: 108 bytes on Linux, 104 on the BSDs, a NUL included.
_MAX_SOCKET_PATH = 100
_SHORTEST = "/tmp"  # noqa: S108 - _own_folder checks whose folder it is


@dataclass(frozen=True, slots=True)
class LocalPaths:
    """Every file of one private server. ``root`` is ``db`` in the program's home."""

    root: Path

    @classmethod
    def here(cls) -> LocalPaths:
        """Those of the present home; the folder is made.

        Raises :class:`StoreUnavailable` where it cannot be.
        """
        try:
            paths = cls(db_folder())
            paths.data.mkdir(mode=0o700, exist_ok=True)
        except OSError as exc:
            raise StoreUnavailable(
                f"The data folder {home()} cannot be made: {exc.strerror}. "
                "Set PORTALCRAWLER_HOME to a folder that you may write to."
            ) from exc
        return paths

    @property
    def data(self) -> Path:
        """What mongod calls its dbpath."""
        return self.root / "data"

    @property
    def mongod_lock(self) -> Path:
        """Held by mongod as long as it lives; its text is the process id."""
        return self.data / "mongod.lock"

    @property
    def log(self) -> Path:
        """mongod's log; the one before it has ``.1`` at its end."""
        return self.root / "mongod.log"

    @property
    def output(self) -> Path:
        """What mongod and the watchdog print before they have a log."""
        return self.root / "start.log"

    @property
    def start_lock(self) -> Path:
        """Held by whoever starts or stops the server."""
        return self.root / "start.lock"

    @property
    def watch_lock(self) -> Path:
        """Held by the watchdog as long as it lives."""
        return self.root / "watch.lock"

    @property
    def used(self) -> Path:
        """Touched whenever a command asks for the server: the beginning of its idle time."""
        return self.root / "used"

    @property
    def server(self) -> Path:
        """What is known of the server that was started last, as JSON."""
        return self.root / "server.json"

    def recorded(self) -> dict[str, str]:
        """The record of the server that was started last; empty if there is none or it is damaged."""
        with suppress(OSError, ValueError):
            found = json.loads(self.server.read_text("utf-8"))
            if isinstance(found, dict):
                return {str(k): str(v) for k, v in found.items()}
        return {}

    def record(self, **facts: str) -> None:
        """Replace the record, whole or not at all."""
        draft = self.server.with_suffix(".new")
        draft.write_text(json.dumps(facts), "utf-8")
        draft.replace(self.server)

    def recorded_socket(self) -> Path | None:
        """The socket of the server that was started last."""
        folder = self.recorded().get("socket_folder")
        if folder is None:
            return None
        # The home may have been moved since; a socket within it moved along.
        return (self.root if folder == "." else Path(folder)) / SOCKET_NAME

    def choose_socket_folder(self) -> Path:
        """A folder of this user alone with a short enough path: ``root``, or a stand-in elsewhere."""
        if len(os.fsencode(self.root / SOCKET_NAME)) <= _MAX_SOCKET_PATH and _holds_sockets(self.root):
            return self.root
        mark = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        bases = [os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), _SHORTEST]
        for base in bases:
            if not base or not Path(base).is_dir():
                continue
            folder = Path(base) / f"portalcrawler-{os.getuid()}-{mark}"
            if len(os.fsencode(folder / SOCKET_NAME)) <= _MAX_SOCKET_PATH and os.access(base, os.W_OK):
                return _own_folder(folder)
        raise StoreUnavailable(
            f"No folder for the private server's socket: the path of {self.root} is too long "
            "or cannot hold one. Set PORTALCRAWLER_HOME to a short path on a local disk."
        )


def socket_uri(path: Path) -> str:
    """The MongoDB URI of a server on a Unix socket. Direct: the replica set's own name for it is relative."""
    return f"mongodb://{quote(str(path), safe='')}/?directConnection=true"


def _own_folder(folder: Path) -> Path:
    # Anybody can make this name in /tmp first, as a folder or a link; then it must not be used.
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
        raise StoreUnavailable(
            f"{folder}, the folder for the private server's socket, belongs to someone else. "
            "Set PORTALCRAWLER_HOME to a shorter path, or XDG_RUNTIME_DIR to a folder of your own."
        )
    folder.chmod(0o700)
    return folder


def _holds_sockets(folder: Path) -> bool:
    # Some shared and network file systems cannot.
    probe = folder / f".{os.getpid()}"
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(probe))
    except OSError:
        return False
    probe.unlink()
    return True
