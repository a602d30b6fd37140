"""``sites``: the portals that are declared, and whether a declaration is right."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from portalcrawler.cli import values
from portalcrawler.cli.codes import ExitCode
from portalcrawler.cli.options import AsJson
from portalcrawler.cli.output import Out, print_json, styled, table
from portalcrawler.sites import list_sites, load_site

EXAMPLES = """\b
Examples:
  portalcrawler sites
  portalcrawler sites show cs0799
  portalcrawler sites check ./myportal.toml
Your own files are in the folder sites of PORTALCRAWLER_HOME, or in PORTALCRAWLER_SITES."""

sites_app = typer.Typer(rich_markup_mode=None, add_completion=False)


@sites_app.callback(invoke_without_command=True, epilog=EXAMPLES)
def sites(context: typer.Context, as_json: AsJson = False) -> ExitCode:
    """List the portals that have a site file. Others need none: crawl takes any URL."""
    if context.invoked_subcommand is not None:
        if as_json:
            raise typer.BadParameter("write --json behind the word show", param_hint="sites")
        return ExitCode.DONE
    found = list_sites()
    if as_json:
        for site in found:
            print_json(_site_dict(site))
        return ExitCode.DONE
    made = table("Site", "Title", "Home", "Family", "Time zone", "File")
    made.columns[0].no_wrap = True
    for site in found:
        made.add_row(
            styled(site.name), styled(site.title), styled(site.home), site.cms, site.time_zone, styled(str(site.path))
        )
    Out().print(made)
    return ExitCode.DONE


@sites_app.command(epilog=EXAMPLES)
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", autocompletion=values.declared_sites, help="A site's name or file.")
    ],
    as_json: AsJson = False,
) -> ExitCode:
    """Show what is declared of one portal, defaults included."""
    found = _site_dict(load_site(name))
    if as_json:
        print_json(found)
        return ExitCode.DONE
    out = Out()
    for key, value in found.items():
        out.print(styled(f"{key}: {_text(value)}"), soft_wrap=True)
    return ExitCode.DONE


@sites_app.command(epilog=EXAMPLES)
def check(file: Annotated[Path, typer.Argument(metavar="FILE", help="A site file (.toml).")]) -> ExitCode:
    """Check a site file: nothing wrong, or the file, the line and what is allowed there."""
    from portalcrawler.cms import cms_of  # the families' extractors take a while to load

    site = load_site(file)
    cms_of(site)
    Out().print(styled(f"{file} is right: site {site.name}, {site.home}"), soft_wrap=True)
    return ExitCode.DONE


def _site_dict(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _site_dict(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_site_dict(entry) for entry in value]
    return value


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(entry)}" for key, entry in value.items() if entry is not None) or "none"
    if isinstance(value, list):
        return ", ".join(_text(entry) for entry in value) or "none"
    return "none" if value is None else "yes" if value is True else "no" if value is False else str(value)
