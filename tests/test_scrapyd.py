"""Under Scrapyd: a real server, the project sent to it by ``scrapyd-deploy``, crawls that it starts and cancels."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.parse
import urllib.request
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli_support import environment
from documents import ROOT

from portalcrawler.sample import SampleOptions, serve
from portalcrawler.store.connection import Store
from portalcrawler.store.run_query import find_runs


@dataclass(frozen=True)
class Scrapyd:
    port: int
    log: Path

    def ask(self, service: str, **data: str | list[str]) -> dict[str, Any]:
        """What one of its services answers; with data it is a POST, but for those that list."""
        query = urllib.parse.urlencode(data, doseq=True)
        url = f"http://127.0.0.1:{self.port}/{service}.json"
        get = service.startswith("list")
        with urllib.request.urlopen(f"{url}?{query}" if get else url, None if get else query.encode()) as answer:
            said = json.load(answer)
        assert said["status"] == "ok", said
        return dict(said)

    def crawl(self, *settings: str) -> str:
        """Schedules a crawl and answers with its job's id."""
        job = self.ask("schedule", project="portalcrawler", spider="portal", site="of-the-egg", setting=list(settings))
        return str(job["jobid"])

    def finished(self, job: str) -> bool:
        jobs = self.ask("listjobs", project="portalcrawler")["finished"]
        return job in [each["id"] for each in jobs]

    def ended(self, job: str) -> str:
        """Scrapyd's word of how the job's process ended: ``finished``, or ``died: exitstatus=…``."""
        told = re.findall(rf"\] Process (finished|died: exitstatus=\d+).* job='{job}'", self.log.read_text())
        assert len(told) == 1, told
        return str(told[0])


def python_of_libraries(folder: Path) -> Path:
    """An interpreter with all libraries and without the project, which Python would take in place of the egg.

    What stands in a ``.pth`` of a folder that is itself named in one does not count: so the clone is not there.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    libraries = sysconfig.get_path("purelib")
    (target,) = folder.glob("lib/python3*/site-packages")
    (target / "libraries.pth").write_text(f"{libraries}\n")
    return folder / "bin/python"


@contextmanager
def scrapyd(folder: Path, env: dict[str, str | None]) -> Iterator[Scrapyd]:
    """A Scrapyd of its own, which looks for work all the time."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "scrapyd.conf").write_text(f"[scrapyd]\nhttp_port = {port}\npoll_interval = 0.1\n")
    with (folder / "log").open("wb") as log:
        python = python_of_libraries(folder / "venv")
        process = subprocess.Popen([python, "-m", "scrapyd"], cwd=folder, env=environment(env), stdout=log, stderr=log)
    running = Scrapyd(port, folder / "log")
    try:
        until(lambda: b"starting on" in running.log.read_bytes() or process.poll() is not None, "Scrapyd starts")
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def test_what_scrapyd_deploy_sends_crawls_and_is_cancelled(store: Store, mongo_uri: str, tmp_path: Path) -> None:
    project, server = tmp_path / "project", tmp_path / "server"
    project.mkdir()
    server.mkdir()
    for name in ("scrapy.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, project)
    shutil.copytree(ROOT / "portalcrawler", project / "portalcrawler", ignore=shutil.ignore_patterns("__pycache__"))
    archive: dict[str, str | None] = {
        "PORTALCRAWLER_MONGODB_URI": mongo_uri,
        "PORTALCRAWLER_DATABASE": store.database_name,
    }
    with serve(SampleOptions()) as portal, scrapyd(server, archive) as served:
        # Nowhere but in the egg is there such a site, so that it is the egg that crawls.
        declared = f'home = "{portal.url}/portal.php"\nprobe_ids = 0\n'
        (project / "portalcrawler/sites/of-the-egg.toml").write_text(declared)
        configuration = (project / "scrapy.cfg").read_text()
        (project / "scrapy.cfg").write_text(configuration.replace(":6800", f":{served.port}"))
        deployed = subprocess.run(
            [sys.executable, "-m", "scrapyd_client.deploy"], cwd=project, capture_output=True, text=True, check=False
        )
        assert deployed.returncode == 0, deployed
        assert json.loads(deployed.stdout)["status"] == "ok", deployed.stdout
        assert served.ask("listspiders", project="portalcrawler")["spiders"] == ["articles", "photos", "portal"]

        slow = served.crawl("DOWNLOAD_DELAY=30")
        until(lambda: any(run.state == "running" for run in find_runs(store)), "it crawls")
        second = served.crawl()
        until(lambda: served.finished(second), "the second one ends at once")
        served.ask("cancel", project="portalcrawler", job=slow)
        until(lambda: served.finished(slow), "the first one is told to end")
        third = served.crawl()
        until(lambda: served.finished(third), "the third one crawls all")

    assert [served.ended(job) for job in (slow, second, third)] == ["finished", "died: exitstatus=5", "finished"]
    assert sorted(run.state for run in find_runs(store)) == ["finished", "interrupted"]
    assert store.collection("articles").count_documents({"site": "of-the-egg"}) == 99
