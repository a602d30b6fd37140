"""``portalcrawler demo``, ``db`` and ``sites``, the help, and the set-up of the Makefile."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from cli_support import Answer, cli, cli_many, done
from private_server import own_home

from portalcrawler import __version__
from portalcrawler.cli.codes import MEANINGS
from portalcrawler.sample import SampleOptions, truth

ROOT = Path(__file__).parent.parent
COMMANDS = (
    "demo",
    "crawl",
    "list",
    "show",
    "export",
    "extract",
    "failures",
    "runs",
    "runs show",
    "doctor",
    "completion",
    "sites",
    "db",
)


def test_the_demo_shows_what_was_found_and_one_article_in_full(mongo_uri: str) -> None:
    answer = done("demo")
    count = len(truth(SampleOptions()))
    assert f"{count} articles" in answer.out
    assert re.search(r"^城事 › 青禾区 +13 +\d+ +\d+$", answer.out, re.MULTILINE)
    assert re.search(r"^fetched +article +\d+$", answer.out, re.MULTILINE)
    assert "photo 1 of" in answer.out
    assert "credit: " in answer.out
    assert f"{count} articles" in answer.err
    assert "\x1b" not in answer.out + answer.err
    further = re.search(r"show (sample:\d+) --database (\w+)", answer.out)
    assert further is not None
    assert done("show", further[1], "--database", further[2], "--json").json()["photos"]


def test_the_demo_as_json_on_a_port_of_ones_choice(mongo_uri: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = cli("demo", "--port", str(port))
        assert refused.code == 1
        assert f"port {port} cannot be had" in refused.err
    told = done("demo", "--port", str(port), "--keep", "--json").json()
    assert told["url"] == f"http://127.0.0.1:{port}/portal.php"
    assert told["articles"] == len(truth(SampleOptions()))
    assert told["article"]["photos"]


def test_the_private_server_is_looked_after() -> None:
    with own_home() as home:
        assert done("db", "path").out == f"{home}/db/data\n"
        assert done("db", "status", "--json").json()["running"] is False
        started = done("db", "start", "--json").json()
        assert started["running"] is True
        assert started["socket"].startswith(str(home))
        assert done("db", "status").out.startswith("running\n")
        assert done("db", "stop").err == "Stopped.\n"
        assert done("db", "stop").err == "It did not run.\n"


def test_the_home_holds_everything(mongo_uri: str, program_home: Path) -> None:
    assert str(program_home) in done("list", "--database", "empty").err


@pytest.fixture(scope="module")
def helps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    commands = [[*name.split(), "--help"] for name in COMMANDS]
    return dict(zip(COMMANDS, cli_many(commands, tmp_path_factory.mktemp("help")), strict=True))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str, helps: dict[str, Answer]) -> None:
    text = helps[name].out
    assert helps[name].code == 0
    assert text.startswith(f"Usage: portalcrawler {name} ")
    assert f"  portalcrawler {name.split()[0]}" in text or "Afterwards:" in text


def test_the_help_fits_on_a_screen_and_tells_the_exit_codes() -> None:
    answer = done("--help")
    assert answer.out == done().out
    lines = answer.out.splitlines()
    assert len(lines) <= 51  # a line a command: health, metrics and report came
    assert max(map(len, lines)) <= 80
    for code, words in MEANINGS.items():
        assert re.search(rf"^ +{code.value} +{re.escape(words)}$", answer.out, re.MULTILINE)
    for name in COMMANDS:
        assert re.search(rf"^  {name.split()[0]} +\w", answer.out, re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_reference_names_every_option(name: str, helps: dict[str, Answer]) -> None:
    reference = (ROOT / "docs/commands.md").read_text("utf-8")
    options = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", helps[name].out, re.MULTILINE)) - {"--help"}
    assert {option for option in options if option not in reference} == set()
    assert f"`{name}" in reference


def test_the_reference_tells_the_exit_codes() -> None:
    reference = (ROOT / "docs/commands.md").read_text("utf-8")
    assert re.findall(r"^\| (\d+) \| (.*) \|$", reference, re.MULTILINE) == [
        (str(code.value), words) for code, words in MEANINGS.items()
    ]


def test_the_version() -> None:
    assert done("--version").out == f"portalcrawler {__version__}\n"


def test_who_asks_for_help_does_not_wait_for_scrapy() -> None:
    code = "import sys, portalcrawler.cli; sys.exit('scrapy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_sites_are_listed_and_shown() -> None:
    sites = {site["name"]: site for site in done("sites", "--json").json_lines()}
    assert sites["cs0799"]["time_zone"] == "+08:00"
    assert done("sites", "show", "cs0799", "--json").json() == sites["cs0799"]
    assert "home: https://www.cs0799.com/" in done("sites", "show", "cs0799").out
    assert "cs0799" in done("sites").out
    path = sites["cs0799"]["path"]
    assert done("sites", "check", path).out.startswith(f"{path} is right: site cs0799")


def _setup(tmp_path: Path, python: str | None) -> subprocess.CompletedProcess[str]:
    """The set-up script in a project of its own, with few programs on PATH and ``python`` for python3."""
    project = tmp_path / "project"
    (project / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/setup.sh", project / "scripts")
    shutil.copy(ROOT / "pyproject.toml", project)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "cat", "cksum", "dirname", "rm", "tr"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    for name, text in {"id": "echo 1000", **({"python3": python} if python else {})}.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    script = project / "scripts/setup.sh"
    return subprocess.run(
        [script, "local"], env={"PATH": str(programs)}, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("python", [None, 'test "$1" != -c || echo 3009'])
def test_the_set_up_says_that_python_is_missing_or_too_old(python: str | None, tmp_path: Path) -> None:
    done = _setup(tmp_path, python)
    assert done.returncode == 1
    assert done.stderr.startswith("setup: Python 3.11 or newer is needed")
    assert len(done.stderr.splitlines()) == 1


def test_the_set_up_says_what_to_install_where_it_may_not(tmp_path: Path) -> None:
    python = 'case "$2" in *ensurepip*) exit 1;; *1000*) echo 3012;; *) echo 3.12;; esac'
    done = _setup(tmp_path, python)
    assert done.returncode == 1
    assert "apt-get install python3.12-venv" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_set_up_installs_nothing_twice(tmp_path: Path) -> None:
    project = tmp_path / "project"
    python = project / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    (project / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/setup.sh", project / "scripts")
    shutil.copy(ROOT / "pyproject.toml", project)
    log = tmp_path / "log"
    python.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    python.chmod(0o755)

    def installs() -> int:
        subprocess.run([project / "scripts/setup.sh", "local,dev"], env=dict(os.environ), check=True)
        return log.read_text().count("pip install")

    assert [installs(), installs()] == [1, 1]
    (project / "pyproject.toml").write_text("[project]\n")
    assert installs() == 2
