"""``/api/runs``: crawls, and why every URL of one was fetched, skipped or failed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from functools import partial
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response

from portalcrawler.archive import Archive
from portalcrawler.export import json_line
from portalcrawler.monitors.telling import verdict_data
from portalcrawler.store.connection import Store
from portalcrawler.store.run_query import Run, find_runs, numbered_urls
from portalcrawler.store.runs import Outcome
from portalcrawler.web.answers import Lines, paged, told, wants_lines
from portalcrawler.web.api.cursors import fingerprint, from_text, to_text
from portalcrawler.web.api.parameters import DEFAULT_PAGE, MOST_ON_PAGE, Values
from portalcrawler.web.problems import NotThere
from portalcrawler.web.reading import Readers

_AT_ONCE = 1000


class Runs:
    """The crawls, newest first."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def __call__(self, request: Request, values: Values) -> Response:
        """Answer. Raises :class:`~portalcrawler.web.problems.BadParameter`."""
        query = fingerprint("runs", values)
        before = None if values["cursor"] is None else from_text(values["cursor"], query, str)[0]
        if wants_lines(request):
            return Lines(request, self._all(values["site"], before, values["limit"]))
        most = min(values["limit"] or DEFAULT_PAGE, MOST_ON_PAGE)
        found = await self._read(values["site"], before, most)
        cursor = to_text(query, found[-1].id) if len(found) == most else None
        return paged(request, "runs", [_row(run) for run in found], cursor)

    async def _read(self, site: str | None, before: str | None, most: int) -> list[Run]:
        store = self._readers.store
        return await self._readers.read(lambda: list(find_runs(store, site=site, before=before, limit=most)))

    async def _all(self, site: str | None, before: str | None, most: int | None) -> AsyncIterator[list[bytes]]:
        left = most
        while left is None or left > 0:
            at_once = MOST_ON_PAGE if left is None else min(MOST_ON_PAGE, left)
            found = await self._read(site, before, at_once)
            yield [_row(run) for run in found]
            if len(found) < at_once:
                return
            before = found[-1].id
            left = None if left is None else left - len(found)


class OneRun:
    """The crawl with the id in the address."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def __call__(self, request: Request, _values: Values) -> Response:
        """Answer. Raises :class:`~portalcrawler.web.problems.NotThere`."""
        run = await self._readers.read(partial(_run, self._readers.archive, request.path_params["id"]))
        return told(request, _row(run))


class RunUrls:
    """What became of every URL of the crawl with the id in the address."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def __call__(self, request: Request, values: Values) -> Response:
        """Answer. Raises :class:`~portalcrawler.web.problems.NotThere` and
        :class:`~portalcrawler.web.problems.BadParameter`."""
        run_id = request.path_params["id"]
        query = fingerprint(f"urls {run_id}", values)
        start = 0 if values["cursor"] is None else max(0, from_text(values["cursor"], query, int)[0])
        await self._readers.read(partial(_run, self._readers.archive, run_id))
        if wants_lines(request):
            return Lines(request, self._all(run_id, values, start))
        most = min(values["limit"] or DEFAULT_PAGE, MOST_ON_PAGE)
        rows, end = await self._read(run_id, values, start, most)
        return paged(request, "urls", rows, None if end is None else to_text(query, end))

    async def _read(self, run_id: str, values: Values, start: int, most: int) -> tuple[list[bytes], int | None]:
        work = partial(_urls, self._readers.store, run_id, values["outcome"], values["reason"], start, most)
        return await self._readers.read(work)

    async def _all(self, run_id: str, values: Values, start: int) -> AsyncIterator[list[bytes]]:
        left = values["limit"]
        end: int | None = start
        while end is not None and left != 0:
            at_once = _AT_ONCE if left is None else min(_AT_ONCE, left)
            rows, end = await self._read(run_id, values, end, at_once)
            left = None if left is None else left - len(rows)
            yield rows


def _run(archive: Archive, run_id: str) -> Run:
    run = archive.run(run_id)
    if run is None:
        raise NotThere("There is no run with this id; /api/runs lists them.")
    return run


def _row(run: Run) -> bytes:
    row = asdict(replace(run, measures=None, verdict=None))  # the measures are for judging, and large
    del row["measures"]
    return json_line({**row, "verdict": None if run.verdict is None else verdict_data(run.verdict)})


def _urls(
    store: Store, run_id: str, outcome: Outcome | None, reason: str | None, start: int, most: int
) -> tuple[list[bytes], int | None]:
    """The URLs behind the first ``start`` of the run, and how many are behind the page; ``None`` behind the end."""
    found = numbered_urls(store, run_id, outcome=outcome, reason=reason, start=start)
    page = list(islice(found, most))
    rows = [json_line(asdict(url)) for _, url in page]
    return rows, page[-1][0] if len(page) == most else None
