"""The report of a crawl: the same file that ``portalcrawler report run`` makes."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import HTMLResponse

from portalcrawler.archive import Archive
from portalcrawler.reports.making import make_run_report
from portalcrawler.reports.page import policy
from portalcrawler.reports.portals import portals_of
from portalcrawler.sites import Site, SiteError, list_sites
from portalcrawler.store.connection import Store
from portalcrawler.web.guard import HEADERS
from portalcrawler.web.pages.options import PageOptions
from portalcrawler.web.pages.visit import Refusal, Visit


def report_page(store: Store, options: PageOptions, visit: Visit) -> HTMLResponse:
    """``/runs/ID/report``. Raises :class:`Refusal` for a crawl that is not there."""
    run = Archive(store).run(visit.place["id"])
    if run is None:
        raise Refusal(404, "no_such_run")
    pictures = None if options.pictures is None else str(options.pictures)
    portal = portals_of([run.site], _declared(), pictures)[0]
    made = make_run_report(store, portal, run, visit.words.language, now=datetime.now(UTC))
    headers = {**HEADERS, "Content-Security-Policy": f"{policy()}; frame-ancestors 'none'"}
    return HTMLResponse(
        made.html, headers={**headers, "Vary": "Accept-Language, Cookie", "Content-Language": visit.words.tag}
    )


def _declared() -> list[Site]:
    try:
        return list_sites()
    except SiteError:
        return []  # a wrong file is the operator's to hear of; without it the report is in the usual time zone
