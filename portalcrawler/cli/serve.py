"""``serve``: the archive in a browser, and over HTTP for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portalcrawler.cli.codes import CliError, ExitCode
from portalcrawler.cli.ending import orderly_end
from portalcrawler.cli.options import Database, MongodbUri
from portalcrawler.cli.output import say
from portalcrawler.log_lines import is_json, show_log
from portalcrawler.store.connection import Store
from portalcrawler.store.schema import check_version

EXAMPLES = """\b
Examples:
  portalcrawler serve
  portalcrawler serve --pictures ~/pictures
  portalcrawler serve --host 0.0.0.0 --token-file /etc/portalcrawler/token
  curl 'http://127.0.0.1:8000/api/changes?cursor=0&limit=10'"""

Host = Annotated[
    str, typer.Option("--host", metavar="ADDRESS", help="Where to listen; others than this machine need a token.")
]
Port = Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes a free one.")]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        show_default=False,
        help="What everybody must send (Authorization: Bearer …); else PORTALCRAWLER_WEB_TOKEN.",
    ),
]
Rate = Annotated[
    int, typer.Option("--rate", metavar="N", min=0, help="Requests that one address has in a minute; 0: any number.")
]
_RATE = 1200

PicturesFolder = Annotated[
    Path | None,
    typer.Option(
        "--pictures",
        metavar="FOLDER",
        show_default=False,
        help="Where `crawl --photos` put the pictures; pages show them.",
    ),
]
RemotePictures = Annotated[
    bool,
    typer.Option(
        "--remote-pictures", help="Readers' browsers fetch the others from the portal, which learns who reads what."
    ),
]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    token_file: TokenFile = None,
    rate: Rate = _RATE,
    pictures: PicturesFolder = None,
    remote_pictures: RemotePictures = False,
    mongodb_uri: MongodbUri = None,
    database: Database = None,
) -> ExitCode:
    """Show the archive in a browser, and answer programs over HTTP, until interrupted. Nobody can write.

    The address that is printed is that of the pages (docs/web.md); programs ask below /api (docs/http.md).
    """
    try:
        from portalcrawler.web.pages import PageOptions
        from portalcrawler.web.server import ServeError, Service, read_token
    except ImportError as error:
        raise CliError("serve needs the extra `web`: pip install 'portalcrawler[web]'", ExitCode.UNMET) from error
    if pictures is not None and not pictures.expanduser().is_dir():
        raise CliError(f"there is no folder {pictures}; pages show pictures from a folder only", ExitCode.UNUSABLE)
    pages = PageOptions(pictures.expanduser() if pictures is not None else None, remote_pictures)
    try:
        token = read_token(token_file)
        with orderly_end(), Store.connect(mongodb_uri, database=database) as store:
            check_version(store)
            service = Service(store, host, port, token, pages, rate=rate)
            say(f"{service.url} answers from the {store.describe()}; Ctrl-C ends it.")
            if is_json():
                show_log()
            service.run(log_requests=is_json())
    except ServeError as error:
        raise CliError(f"{error}.", ExitCode.UNUSABLE) from error
    return ExitCode.DONE
