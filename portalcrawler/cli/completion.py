"""``completion``: the script by which a shell completes commands, options and values; and what it is answered.

The script calls the program again at every Tab, with the line in the environment.
"""

from __future__ import annotations

import os
from typing import Annotated, Any, Literal

import typer
from typer.completion import get_completion_inspect_parameters, shell_complete

from portalcrawler.cli.codes import ExitCode

PROGRAM = "portalcrawler"
VARIABLE = "_PORTALCRAWLER_COMPLETE"

EXAMPLES = """\b
In ~/.bashrc; in ~/.zshrc below compinit; once for fish:
  eval "$(portalcrawler completion bash)"
  eval "$(portalcrawler completion zsh)"
  portalcrawler completion fish > ~/.config/fish/completions/portalcrawler.fish"""

Shell = Annotated[
    Literal["bash", "zsh", "fish"], typer.Argument(metavar="bash|zsh|fish", help="The shell that is to read it.")
]


def completion(context: typer.Context, shell: Shell) -> ExitCode:
    """Print the script by which a shell completes commands, options and values, names in the archive among them.

    Names of the archive are offered while its server runs; Tab starts none.
    """
    return ExitCode(_tell(context.find_root().command, f"source_{shell}"))


def answer(command: Any) -> int | None:
    """If a completion script has called the program: print what the line can go on with; the exit status.

    ``None`` if a person has.
    """
    asked = os.environ.get(VARIABLE)
    return _tell(command, asked) if asked else None


def _tell(command: Any, instruction: str) -> int:  # typer's class of commands has no public name
    get_completion_inspect_parameters()  # makes the shells known; typer calls it for the options that we do not have
    return shell_complete(command, {}, PROGRAM, VARIABLE, instruction)
