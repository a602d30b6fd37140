"""Shell completion: the script in a real bash, the answers that zsh and fish are given, and what is never offered."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from archived import make_article, put
from cli_support import done, environment
from private_server import own_home

from portalcrawler.items import Credit, Photo, Source
from portalcrawler.store import local
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import ensure_schema

DATABASE = "cli_completion"
HERE = ["--database", DATABASE]
VARIABLE = "_PORTALCRAWLER_COMPLETE"


@pytest.fixture(scope="module", autouse=True)
def archive(mongo_uri: str) -> Iterator[None]:
    """Articles with names of every kind; one portal has names that a shell would obey."""
    plain = make_article(1, site="yunxi", source=Source("云溪日报", None), reporters=["乔知远"], publisher="小站")
    evil = "$(touch /tmp/owned)"
    other = make_article(
        2,
        site="hexi",
        section=["城事", "青禾区", evil, "a b", "x;y"],
        source=Source("`id`", None),
        photos=[Photo("https://sample.example/1.jpg", "会场", Credit("摄", names=["简宁", "岑一", "穆|听澜"]))],
    )
    with Store.connect(mongo_uri, database=DATABASE) as store:
        ensure_schema(store)
        put(store, plain)
        put(store, other)
        yield
        store.drop_database()


def in_bash(words: list[str], folder: Path) -> list[str]:
    """What bash would offer when Tab is pressed behind the last word, by the script in a shell without anything else."""
    program = folder / "portalcrawler"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -W error -m portalcrawler "$@"\n')
    program.chmod(0o755)
    line = " ".join(map(shlex.quote, ["portalcrawler", *words]))
    script = (
        f'PATH={shlex.quote(str(folder))}:$PATH; eval "$(portalcrawler completion bash)"\n'
        f"COMP_WORDS=({line}); COMP_CWORD={len(words)}\n"
        "found=$(complete -p portalcrawler) || exit 3\n"
        'function=${found#*-F }; "${function%% *}" portalcrawler\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    answer = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, env=environment(), encoding="utf-8", check=True, cwd="/"
    )
    assert answer.stderr == ""
    return answer.stdout.split("\n")[:-1]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["se"], {"serve"}),
        (["list", "--ph"], {"--photographer"}),
        (["export", "--format", ""], {"jsonl", "csv", "parquet", "warc"}),
        (["list", "--order", "o"], {"oldest"}),
        (["export", "--table", "re"], {"revisions"}),
        (["sites", "show", "cs"], {"cs0799"}),
        (["crawl", "cs"], {"cs0799"}),
        (["list", *HERE, "--site", ""], {"yunxi", "hexi", "cs0799", "sample"}),
        (["list", *HERE, "--section", "青"], {"青石镇", "青禾区"}),
        (["list", *HERE, "--source", ""], {"云溪日报"}),
        (["export", *HERE, "--photographer", ""], {"柳青禾", "简宁", "岑一"}),
        (["list", *HERE, "--reporter", "乔"], {"乔知远"}),
        (["list", *HERE, "--publisher", ""], {"小站"}),
    ],
)
def test_bash_completes_commands_options_and_values(words: list[str], offered: set[str], tmp_path: Path) -> None:
    found = in_bash(words, tmp_path)
    assert len(found) == len(set(found))
    assert offered <= set(found)
    assert set(found) == offered or words == ["se"]


def test_what_a_shell_would_obey_is_never_offered(tmp_path: Path) -> None:
    assert set(in_bash(["list", *HERE, "--section", ""], tmp_path)) == {"城事", "青石镇", "青禾区"}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_answered_in_their_own_words(shell: str) -> None:
    script = done("completion", shell).out
    assert f"{VARIABLE}=complete_{shell}" in script
    line = f"portalcrawler list {' '.join(HERE)} --photographer 简"
    asked = {VARIABLE: f"complete_{shell}", "_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    assert done(env=asked).out == {"zsh": "_arguments '*: :((\"简宁\"))'\n", "fish": "简宁\n"}[shell]


def test_tab_starts_no_server_and_waits_for_none() -> None:
    asked = {VARIABLE: "complete_bash", "COMP_WORDS": "portalcrawler list --site ", "COMP_CWORD": "3"}
    with own_home():
        assert done(env=asked).out == "cs0799\nsample\n"
        assert not local.status().running
    away = {**asked, "PORTALCRAWLER_MONGODB_URI": "mongodb://editor:s3cret@127.0.0.1:1/"}
    answer = done(env=away)
    assert (answer.out, answer.err) == ("cs0799\nsample\n", "")


def test_a_wrong_site_file_does_not_disturb_the_prompt(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("home = 3\n")
    asked = {VARIABLE: "complete_bash", "COMP_WORDS": "portalcrawler sites show ", "COMP_CWORD": "3"}
    answer = done(env={**asked, "PORTALCRAWLER_SITES": str(tmp_path)})
    assert (answer.out, answer.err) == ("\n", "")
