"""``alerts``: what is wrong with the portals, who was told of it, and what a person says to it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from portalcrawler.alerts import deliver
from portalcrawler.alerts.channels import Channel, alerts_file, read_channels
from portalcrawler.alerts.delivering import SEND_SECONDS
from portalcrawler.alerts.errors import ChannelError
from portalcrawler.alerts.message import incident_data, test_message
from portalcrawler.alerts.words import sentence, word
from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.options import AsJson, Database, MongodbUri, SiteName
from portalcrawler.cli.output import Out, complain, counted, local_time, print_json, say, styled, table
from portalcrawler.store import deliveries, incidents
from portalcrawler.store.connection import Store
from portalcrawler.store.deliveries import Delivery
from portalcrawler.store.incidents import Incident
from portalcrawler.store.schema import check_version

EXAMPLES = """\b
Examples:
  portalcrawler alerts --open
  portalcrawler alerts test ops
  portalcrawler alerts accept 20260105T030000Z-ab12cd
  portalcrawler alerts deliveries --state waiting
Who is told, and how, stands in alerts.toml in the data folder."""

_ROWS = 20

alerts_app = typer.Typer(rich_markup_mode=None, add_completion=False)

Limit = Annotated[int, typer.Option("--limit", metavar="N", min=0, help="At most N; 0: all.")]
StateName = Literal["waiting", "delivered", "given-up"]


@alerts_app.callback(invoke_without_command=True, epilog=EXAMPLES)
def alerts(
    context: typer.Context,
    site: SiteName = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only what is not over.")] = False,
    limit: Limit = _ROWS,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """List the incidents: what is wrong with a portal or was, open ones first.

    The exit code is 6 if an alarm among them is not over.
    """
    if context.invoked_subcommand is not None:
        if site or open_only or as_json or mongodb_uri or database or limit != _ROWS:
            raise typer.BadParameter("write the options behind the word", param_hint=context.invoked_subcommand)
        return ExitCode.DONE
    with _open(mongodb_uri, database) as store:
        found = incidents.find_incidents(store, site=site, open_only=open_only, limit=limit or None)
        if as_json:
            for incident in found:
                print_json(incident_data(incident))
        elif found:
            _print_incidents(found)
        else:
            say(f"Nothing {'is' if open_only else 'is or was'} wrong in {store.describe()}.")
    standing = any(incident.open and incident.level == "alarm" for incident in found)
    return ExitCode.ALARM if standing else ExitCode.DONE


@alerts_app.command("test", epilog=EXAMPLES, short_help="Send a test message to one channel, or to all.")
def try_channels(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[CHANNEL]", help="Its name in alerts.toml; all if left out.", show_default=False),
    ] = None,
) -> ExitCode:
    """Send a test message to the channels of alerts.toml; touches no database."""
    channels = read_channels()
    if not channels:
        raise CliError(f"{alerts_file()} declares no channel; docs/alerts.md shows how")
    chosen = [channel for channel in channels if name in (None, channel.name)]
    if not chosen:
        raise CliError(f"no channel {name} in {alerts_file()}; it has {', '.join(each.name for each in channels)}")
    # Every one is tried, and each says what became of it.
    sent = [_try(channel) for channel in chosen]
    return ExitCode.DONE if all(sent) else ExitCode.UNMET


@alerts_app.command("accept", epilog=EXAMPLES, short_help="Say that the portal is meant to be as it is now.")
def accept(
    incident_id: Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, as alerts lists it.")],
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Say that the portal is meant to be as it is now: the incident is over.

    Later crawls are held against those after this moment, not against those before.
    """
    with _open(mongodb_uri, database) as store:
        if incidents.accept(store, incident_id, now=datetime.now(UTC)) is None:
            known = incidents.get_incident(store, incident_id)
            why = "it is over already" if known else "alerts lists those there are"
            raise CliError(f"no open incident {incident_id} in {store.describe()}; {why}")
        say(f"{incident_id} is over; later crawls are held against those after it.")
        return _deliver(store)


@alerts_app.command("deliveries", epilog=EXAMPLES, short_help="List what was told to whom, and what was not taken.")
def list_deliveries(
    state: Annotated[
        StateName | None, typer.Option("--state", metavar="WORD", help="waiting, delivered or given-up.")
    ] = None,
    limit: Limit = _ROWS,
    as_json: AsJson = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """List what was told to which channel, newest first, and why what waits has not been taken."""
    with _open(mongodb_uri, database) as store:
        wanted: deliveries.State | None = "given up" if state == "given-up" else state
        found = deliveries.find_deliveries(store, state=wanted, limit=limit or None)
        if as_json:
            for delivery in found:
                print_json({name: getattr(delivery, name) for name in Delivery.__dataclass_fields__})
        elif found:
            _print_deliveries(found)
        else:
            say(f"No such alert in {store.describe()}." if state else f"No alert was sent from {store.describe()}.")
    return ExitCode.DONE


@alerts_app.command("retry", epilog=EXAMPLES, short_help="Try at once what has not been delivered.")
def retry(mongodb_uri: MongodbUri = None, database: Database = None) -> ExitCode:
    """Try at once everything that has not been delivered, what was given up too."""
    with _open(mongodb_uri, database) as store:
        deliveries.retry(store, now=datetime.now(UTC))
        return _deliver(store)


def _open(uri: str | None, database: str | None) -> Store:
    store = Store.connect(uri, database=database)
    check_version(store)
    return store


def _try(channel: Channel) -> bool:
    message = test_message(channel.name, f"test/{secrets.token_hex(6)}")
    try:
        channel.way.send(message, channel.language, SEND_SECONDS)
    except ChannelError as error:
        complain(f"{channel.name} ({channel.kind}): {error}")
        return False
    say(f"{channel.name} ({channel.kind}): sent")
    return True


def _deliver(store: Store) -> ExitCode:
    """Send what is due; whether everything was taken."""
    done = deliver(store)
    if not (done.sent or done.failed or done.left):
        return ExitCode.DONE
    say(f"{counted(done.sent, 'message')} sent, {done.failed} not taken, {done.left} left for later")
    return ExitCode.UNMET if done.failed or done.left else ExitCode.DONE


def _print_incidents(found: list[Incident]) -> None:
    made = table("Incident", "Site", "Level", "What", "Since", "Until")
    made.columns[0].no_wrap = True
    for incident in found:
        lines = [word("en", incident.group), *(f"- {sentence(problem, 'en')}" for problem in incident.problems)]
        until = local_time(incident.closed_at) if incident.closed_at else "open"
        style = "red" if incident.open and incident.level == "alarm" else ""
        made.add_row(
            incident.id,
            styled(incident.site),
            styled(incident.level, style),
            styled("\n".join(lines)),
            local_time(incident.opened_at),
            f"{until}, accepted" if incident.accepted_at else until,
        )
    Out().print(made)


def _print_deliveries(found: list[Delivery]) -> None:
    made = table("When", "Site", "Event", "Channel", "State", "Tries", "Next try", "Why", right=("Tries",))
    made.columns[0].no_wrap = True
    for each in found:
        again = local_time(each.next_try_at) if each.state == "waiting" else ""
        facts = (local_time(each.created_at), styled(each.site), each.event, styled(each.channel), each.state)
        made.add_row(*facts, str(each.attempts), again, styled(each.last_error))
    Out().print(made)
