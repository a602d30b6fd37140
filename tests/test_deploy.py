"""What stands in deploy/ fits the program: commands, variables, paths; the scripts do what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tomllib
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_support import environment
from documents import ROOT, read
from served import serving

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load(read("deploy/compose.yaml"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("portalcrawler:")]
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SCRIPTS = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file() and path.read_bytes().startswith(b"#!")]
TOKEN = "a-token-of-tests-0123456789"


def unit(path: Path) -> RawConfigParser:
    """The last value of each key; those that may stand several times are read from the text."""
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text("utf-8"))
    return parser


def variables_described() -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", read("docs/operation.md"), re.MULTILINE))


# Docker


def test_compose_sets_variables_that_are_there_and_asks_for_those_that_are_prepared(tmp_path: Path) -> None:
    for name in OURS:
        others = {"TZ", *re.findall(r"\$\{(\w+):-", read("deploy/scripts/backup.sh"))}
        assert set(SERVICES[name]["environment"]) - others <= variables_described()
    prepared = prepare(tmp_path)
    asked = set(re.findall(r"\$\{(\w+):\?", read("deploy/compose.yaml")))
    assert asked
    assert asked <= set(prepared)
    assert set(prepared) <= set(re.findall(r"\$\{(\w+)", read("deploy/compose.yaml")))


def test_nothing_of_compose_is_open_to_others() -> None:
    for name, service in SERVICES.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"], name
        assert service["user"] not in ("root", "0", "0:0"), name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
        assert not any("docker.sock" in volume for volume in service["volumes"]), name
    assert SERVICES["mongodb"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"]


def test_what_compose_mounts_and_calls_is_there() -> None:
    made = {"home", "pictures", "backups"}
    for service in SERVICES.values():
        mounted = {}
        for volume in service["volumes"]:
            source, target = volume.split(":")[:2]
            if source.startswith("./") and source[2:] not in made:
                assert (DEPLOY / source).exists(), source
                mounted[target] = DEPLOY / source
        words = [*service.get("entrypoint", []), *service.get("healthcheck", {}).get("test", [])]
        for word in words:
            if word.startswith("/etc/portalcrawler/"):
                assert (mounted["/etc/portalcrawler"] / Path(word).name).is_file(), word
    assert {path.removeprefix("./") for path in prepared_folders()} == made | {"home/sites"}


def test_the_image_is_made_of_what_is_there() -> None:
    text = read("deploy/Dockerfile")
    copied = [word for line in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE) for word in line.split()]
    assert copied
    let_through = re.findall(r"^!(.+)$", read("deploy/Dockerfile.dockerignore"), re.MULTILINE)
    assert sorted(copied) == sorted(let_through)
    assert all((ROOT / name).exists() for name in copied)
    project = tomllib.loads(read("pyproject.toml"))["project"]
    (extras,) = re.findall(r"^ARG EXTRAS=(.+)$", text, re.MULTILINE)
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    (python,) = re.findall(r"^ARG PYTHON=(\d+\.\d+)", text, re.MULTILINE)
    assert f"Programming Language :: Python :: {python}" in project["classifiers"]
    (home,) = re.findall(r"PORTALCRAWLER_HOME=(\S+)", text)
    assert all(any(v.endswith(f":{home}") for v in SERVICES[name]["volumes"]) for name in OURS)
    # An unbuffered standard output may take a part of what is written.
    assert "PYTHONUNBUFFERED" not in text


def test_the_web_pages_count_as_well_while_they_answer(mongo_uri: str) -> None:
    def ends_with(port: int, token: str) -> int:
        return subprocess.run(
            [sys.executable, DEPLOY / "scripts/answers.py", str(port)],
            env=environment({"PORTALCRAWLER_WEB_TOKEN": token}),
            capture_output=True,
            check=False,
        ).returncode

    arguments = ["--host", "0.0.0.0", "--mongodb-uri", mongo_uri, "--database", "test_deploy"]
    with serving(*arguments, env={"PORTALCRAWLER_WEB_TOKEN": TOKEN}) as served:
        assert ends_with(served.port, TOKEN) == 0
        assert ends_with(served.port, "another-token-0123456789") == 1
        served.end()
        assert ends_with(served.port, TOKEN) == 1


# scripts


def prepared_folders() -> list[str]:
    (line,) = re.findall(r"^for folder in (.+); do$", read("deploy/prepare.sh"), re.MULTILINE)
    return shlex.split(line)


def prepare(folder: Path) -> dict[str, str]:
    """What prepare.sh has written into ``.env`` beside itself."""
    folder.mkdir(exist_ok=True)
    shutil.copy(DEPLOY / "prepare.sh", folder)
    subprocess.run([folder / "prepare.sh"], check=True, capture_output=True)
    lines = [line for line in (folder / ".env").read_text("utf-8").splitlines() if not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_secrets_are_made_once_and_read_by_their_owner_alone(tmp_path: Path) -> None:
    first, other = prepare(tmp_path / "one"), prepare(tmp_path / "other")
    secrets = ["PORTALCRAWLER_WEB_TOKEN", "MONGODB_PASSWORD", "MONGODB_ROOT_PASSWORD"]
    assert len({made[name] for made in (first, other) for name in secrets}) == 6
    assert all(re.fullmatch(r"[0-9a-f]{48}", first[name]) for name in secrets)  # in a URI as it is
    for name in (".env", *prepared_folders()):
        assert stat.S_IMODE((tmp_path / "one" / name).stat().st_mode) & 0o077 == 0, name
    user, group = map(int, first["PORTALCRAWLER_OWNER"].split(":"))
    assert user != 0
    home = (tmp_path / "one/home").stat()
    assert (home.st_uid, home.st_gid) == (user, group)
    (tmp_path / "one/home/sites/mine.toml").write_text("")
    assert prepare(tmp_path / "one") == first
    assert (tmp_path / "one/home/sites/mine.toml").exists()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_programs_and_make_sense_to_the_shell(path: Path) -> None:
    assert os.access(path, os.X_OK)
    shell = "bash" if "bash" in path.read_text("utf-8").splitlines()[0] else "sh"
    subprocess.run([shell, "-n", path], check=True)


# systemd


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_set_variables_that_are_there(path: Path) -> None:
    text = path.read_text("utf-8")
    set_here = re.findall(r"^Environment=(PORTALCRAWLER_\w+)=", text, re.MULTILINE)
    assert set(set_here) <= variables_described()
    assert "Environment=PORTALCRAWLER_HOME=/var/lib/portalcrawler" in text
    assert unit(path)["Service"]["User"] == "portalcrawler"


def test_the_environment_file_names_variables_that_are_there() -> None:
    named = re.findall(r"^#(PORTALCRAWLER_\w+)='[^']*'$", read("deploy/systemd/environment"), re.MULTILINE)
    assert named
    assert set(named) <= variables_described()


def test_the_units_are_right(tmp_path: Path) -> None:
    """By systemd's own judgement, with programs in the place of those that install.sh puts there."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze on this machine")
    for path in (DEPLOY / "systemd").glob("portalcrawler*.*"):
        text = re.sub(r"^(Exec\w+=)/(opt|usr/local)\S+", r"\1/bin/true", path.read_text("utf-8"), flags=re.MULTILINE)
        (tmp_path / path.name).write_text(text)
    units = sorted(tmp_path.iterdir())
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    told = [line for line in checked.stderr.splitlines() if "portalcrawler" in line]
    assert (checked.returncode, told) == (0, [])


def test_the_units_may_do_little() -> None:
    """Exposure is systemd's own sum, from 0 to 10; 9.6 is a unit without any of this."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze on this machine")
    for path in UNITS:
        answer = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--json=short", "--threshold=20", "--no-pager", path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, (path.name, answer.stdout, answer.stderr)
        assert json.loads(answer.stdout)
