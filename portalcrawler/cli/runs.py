"""``runs`` and ``failures``: what crawls did, and which pages were lost."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer
from rich.text import Text

from portalcrawler.archive import Archive
from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.options import AsJson, Database, MongodbUri, SiteName, open_archive
from portalcrawler.cli.output import Out, local_time, print_json, say, styled, table
from portalcrawler.cli.verdict_view import measured, told
from portalcrawler.limits import LIMITS
from portalcrawler.monitors.keeping import case_of
from portalcrawler.monitors.telling import compared, verdict_data
from portalcrawler.store.failures import StoredFailure
from portalcrawler.store.run_query import Run
from portalcrawler.store.runs import Outcome, RunUrl

RUNS_EXAMPLES = """\b
Examples:
  portalcrawler runs --site cs0799
  portalcrawler runs show
  portalcrawler runs show 20191216T110800Z-ab12cd --urls --outcome failed"""
FAILURES_EXAMPLES = """\b
Examples:
  portalcrawler failures --site cs0799 --step fetch
  portalcrawler failures --json | jq -r .url"""

_ROWS = 20
_STYLES = {"alarm": "red", "warning": "yellow", "ok": "green"}

runs_app = typer.Typer(rich_markup_mode=None, add_completion=False)

Step = Literal["fetch", "decode", "extract", "validate", "store"]
Limit = Annotated[int, typer.Option("--limit", metavar="N", min=0, help="At most N; 0: all.")]


@runs_app.callback(invoke_without_command=True, epilog=RUNS_EXAMPLES)
def runs(
    context: typer.Context,
    site: SiteName = None,
    limit: Limit = _ROWS,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """List the crawls, newest first; `runs show` tells one in full."""
    if context.invoked_subcommand is not None:
        if site or as_json or mongodb_uri or database or limit != _ROWS:
            raise typer.BadParameter("write the options behind the word show", param_hint=context.invoked_subcommand)
        return ExitCode.DONE
    with open_archive(mongodb_uri, database) as archive:
        found = list(archive.runs(site=site, limit=limit or None))
        if as_json:
            for run in found:
                print_json(_run_dict(run))
        elif found:
            _print_runs(found)
        else:
            say(f"No crawl is recorded in {archive.describe()}.")
    return ExitCode.DONE


@runs_app.command("show", epilog=RUNS_EXAMPLES)
def show_run(
    run_id: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="The run's id; the newest run if left out.", show_default=False),
    ] = None,
    urls: Annotated[bool, typer.Option("--urls", help="Every URL with what became of it.")] = False,
    outcome: Annotated[
        Outcome | None, typer.Option("--outcome", metavar="WORD", help="With --urls: fetched, skipped or failed.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="WHY", help="With --urls: for this reason.")] = None,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Tell a crawl in full: for every URL why it was fetched, skipped or failed; what is thought of it."""
    if not urls and (outcome or reason):
        raise typer.BadParameter("choose among URLs; add --urls", param_hint="--outcome and --reason")
    with open_archive(mongodb_uri, database) as archive:
        run = archive.run(run_id) if run_id else next(archive.runs(limit=1), None)
        if run is None:
            raise CliError(f"no run {run_id or 'at all'} in {archive.describe()}; runs lists what is there")
        if urls:
            for entry in archive.run_urls(run.id, outcome=outcome, reason=reason):
                _print_url(entry, as_json)
            if run.reasons and next(archive.run_urls(run.id), None) is None:
                say(f"The URLs of {run.id} are kept no longer ({LIMITS['url_days']}); without --urls: its counts.")
        elif as_json:
            print_json({**_run_dict(run), "measures": None if run.measures is None else asdict(run.measures)})
        else:
            _print_run(run)
            _print_verdict(archive, run)
    return ExitCode.DONE


def failures(
    site: SiteName = None,
    run: Annotated[str | None, typer.Option("--run", metavar="RUN", help="Only of this run.")] = None,
    step: Annotated[
        Step | None, typer.Option("--step", metavar="STEP", help="fetch, decode, extract, validate or store.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those that succeeded later.")] = False,
    limit: Limit = _ROWS,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """List the dead letters: pages that could not be fetched, read or stored, newest first.

    A page that succeeds in a later crawl is no longer listed.
    """
    with open_archive(mongodb_uri, database) as archive:
        chosen: dict[str, Any] = {"site": site, "run": run, "step": step}
        found = list(archive.failures(**chosen, resolved=None if everything else False, limit=limit or None))
        if as_json:
            for entry in found:
                print_json(_failure_dict(entry))
        elif found:
            _print_failures(found)
        else:
            say(f"No page is lost in {archive.describe()}.")
    return ExitCode.DONE


def _run_dict(run: Run) -> dict[str, Any]:
    return {
        "id": run.id,
        "site": run.site,
        "spider": run.spider,
        "state": run.state,
        "arguments": run.arguments,
        "versions": run.versions,
        "started_at": run.started_at,
        "heartbeat_at": run.heartbeat_at,
        "finished_at": run.finished_at,
        "totals": run.totals,
        "verdict": None if run.verdict is None else verdict_data(run.verdict),
        "reasons": [
            {"outcome": r.outcome, "reason": r.reason, "count": r.count, "examples": r.examples} for r in run.reasons
        ],
    }


def _print_runs(found: list[Run]) -> None:
    numbers = ("Articles", "Fetched", "Skipped", "Failed")
    made = table("Run", "Site", "State", "Verdict", *numbers, right=numbers)  # a run's id begins with its time
    made.columns[0].no_wrap = True
    for run in found:
        counts = [str(sum(run.counts.get(outcome, {}).values())) for outcome in ("fetched", "skipped", "failed")]
        articles = str(run.totals.get("articles", 0))
        made.add_row(run.id, styled(run.site), run.state, _verdict(run), articles, *counts)
    Out().print(made)


def _print_run(run: Run) -> None:
    out = Out()
    out.print(styled(f"{run.id}: {run.state}", "bold"))
    facts = {
        "site": run.site,
        "spider": run.spider,
        **run.arguments,
        "started": local_time(run.started_at),
        "finished": local_time(run.finished_at) or f"no; last heard of {local_time(run.heartbeat_at)}",
        "versions": ", ".join(f"{name} {number}" for name, number in run.versions.items()),
        "totals": ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in run.totals.items()) or "none",
    }
    for name, value in facts.items():
        out.print(styled(f"{name}: {value}"))
    if not run.reasons:
        return
    out.print()
    made = table("URLs", "Why", "Count", "For example", right=("Count",))
    for entry in sorted(run.reasons, key=lambda r: (r.outcome, -r.count)):
        made.add_row(entry.outcome, styled(entry.reason), str(entry.count), styled(next(iter(entry.examples), None)))
    out.print(made)


def _verdict(run: Run) -> Text:
    level = run.verdict.level if run.verdict is not None else ""
    return styled(level, _STYLES.get(level, ""))


def _print_verdict(archive: Archive, run: Run) -> None:
    if run.measures is None:
        return
    out = Out()
    if run.verdict is not None:
        out.print()
        out.print(styled(f"verdict: {run.verdict.level}", _STYLES.get(run.verdict.level, "")))
        for line in told(run.verdict):
            out.print(styled(line), soft_wrap=True)
    rows = compared(case_of(archive.store, run, now=run.heartbeat_at))
    if rows:
        out.print()
        out.print(measured(rows))


def _print_url(entry: RunUrl, as_json: bool) -> None:
    if as_json:
        keys = ("url", "outcome", "reason", "status", "detail")
        print_json({key: getattr(entry, key) for key in keys})
        return
    detail = f" ({entry.detail})" if entry.detail else ""
    Out().print(styled(f"{entry.outcome}  {entry.reason}{detail}  {entry.url}"), soft_wrap=True)


def _failure_dict(entry: StoredFailure) -> dict[str, Any]:
    failure = entry.failure
    return {
        "site": failure.site,
        "url": failure.url,
        "step": failure.step,
        "reason": failure.reason,
        "status": failure.status,
        "content_type": failure.content_type,
        "article_id": failure.article_id,
        "count": entry.count,
        "first_seen_at": entry.first_seen_at,
        "last_seen_at": entry.last_seen_at,
        "run": entry.run,
        "resolved": entry.resolved,
        "body_size": entry.body_size,
        "body_cut": entry.body_cut,
    }


def _print_failures(found: list[StoredFailure]) -> None:
    made = table("Last seen", "Step", "Reason", "URL", "Times", right=("Times",))
    made.columns[0].no_wrap = True
    for entry in found:
        failure = entry.failure
        made.add_row(
            local_time(entry.last_seen_at), failure.step, styled(failure.reason), styled(failure.url), str(entry.count)
        )
    Out().print(made)
