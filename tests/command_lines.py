"""Whether command lines that stand in documents and units are understood, without doing what they say."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import Any

import typer

from portalcrawler.cli import main
from portalcrawler.cli.app import app


def understand_portalcrawler(words: list[str]) -> None:
    """The words behind ``portalcrawler``: a command that is there, with options and values that it takes."""
    command: Any = typer.main.get_command(app)
    names = []
    while words and words[0] in getattr(command, "commands", {}):
        names.append(words[0])
        command, words = command.commands[words[0]], words[1:]
    assert names, words
    assert not getattr(command, "commands", {}) or not words or words[0].startswith("-"), words
    command.make_context(names[-1], words)  # raises for an option or value that the command does not take
    with redirect_stdout(io.StringIO()):
        assert main([*names, "--help"]) == 0
