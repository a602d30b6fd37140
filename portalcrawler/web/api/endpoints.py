"""All addresses of the API."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from portalcrawler.export import json_line
from portalcrawler.web.answers import told
from portalcrawler.web.api import article, changes
from portalcrawler.web.api.article import Belonging, OneArticle
from portalcrawler.web.api.articles import PARAMETERS, Articles
from portalcrawler.web.api.changes import Changes
from portalcrawler.web.api.document import document
from portalcrawler.web.api.endpoint import Endpoint
from portalcrawler.web.api.kinds import Choice, Text, Whole
from portalcrawler.web.api.lists import Facets, Health, Sections
from portalcrawler.web.api.parameters import CURSOR, DATE_ORDER, FILTERS, PAGE_LIMIT, QUERY, Parameter, Values
from portalcrawler.web.api.photos import Photos
from portalcrawler.web.api.runs import OneRun, Runs, RunUrls
from portalcrawler.web.api.schemas import WHOLE, any_change, many, or_null, page, ref, shape
from portalcrawler.web.bell import Bell
from portalcrawler.web.reading import Readers

_SITE = Parameter("site", Text(), "Of this site.")
_OF_ONE = "/api/articles/{id}"


def api_routes(readers: Readers, bell: Bell) -> list[Route]:
    """Under which the API is answered, its own description among them."""
    endpoints = _endpoints(readers, bell)

    async def describe(request: Request, _values: Values) -> Response:
        return told(request, described)

    itself = Endpoint("/openapi.json", "openapi", "This document.", describe, {"type": "object"})
    described = json_line(document([*endpoints, itself]))
    return [endpoint.route() for endpoint in (*endpoints, itself)]


def _endpoints(readers: Readers, bell: Bell) -> Sequence[Endpoint]:
    return [
        Endpoint(
            "/api/articles",
            "articles",
            "Articles by filters and words, a page at a time; as lines all of them.",
            Articles(readers),
            page(
                "articles",
                ref("Article"),
                highlights={**many(ref("Highlights")), "description": "With q: what is marked in each, in order."},
                count=or_null({**WHOLE, "description": "How many there are in all."}),
                optional=("highlights",),
            ),
            PARAMETERS,
            line=ref("Article"),
            linked=True,
            problems=(410,),
        ),
        Endpoint(_OF_ONE, "article", "One article, by its id.", OneArticle(readers), ref("Article"), problems=(404,)),
        _belonging(readers, "history", "revisions", "Revision", article.history, "All its states, the oldest first."),
        _belonging(readers, "comments", "comments", "Comment", article.comments, "Its comments, the newest first."),
        _belonging(
            readers,
            "observations",
            "observations",
            "Observation",
            article.observations,
            "Views, comments and reactions over time, the oldest first.",
        ),
        _belonging(readers, "copies", "articles", "Article", article.copies, "Later articles that are copies of it."),
        Endpoint(
            "/api/photos",
            "photos",
            "The photos of the articles that match; with photographer, that person's alone.",
            Photos(readers),
            page("photos", ref("Photo")),
            (*FILTERS, QUERY, DATE_ORDER, PAGE_LIMIT, CURSOR),
            line=ref("Photo"),
            linked=True,
        ),
        Endpoint(
            "/api/sections",
            "sections",
            "The sections that crawls have walked, in the order of their paths.",
            Sections(readers),
            shape({"sections": many(ref("Section"))}),
            (_SITE,),
            line=ref("Section"),
        ),
        Endpoint(
            "/api/facets",
            "facets",
            "How many of the articles that match there are of each site, section, source, person and month.",
            Facets(readers),
            ref("Facets"),
            (*FILTERS, QUERY, Parameter("top", Whole(1, 1000), "At most so many of each, the largest.", 20)),
        ),
        Endpoint(
            "/api/runs",
            "runs",
            "The crawls, newest first, with how many URLs were fetched, skipped or failed for which reason.",
            Runs(readers),
            page("runs", ref("Run")),
            (_SITE, PAGE_LIMIT, CURSOR),
            line=ref("Run"),
            linked=True,
        ),
        Endpoint("/api/runs/{id}", "run", "One crawl, by its id.", OneRun(readers), ref("Run"), problems=(404,)),
        Endpoint(
            "/api/runs/{id}/urls",
            "run-urls",
            "What became of every URL of a crawl, and why.",
            RunUrls(readers),
            page("urls", ref("RunUrl")),
            (
                Parameter("outcome", Choice(("fetched", "skipped", "failed")), "What became of it."),
                Parameter("reason", Text(), "For this reason."),
                PAGE_LIMIT,
                CURSOR,
            ),
            line=ref("RunUrl"),
            linked=True,
            problems=(404,),
        ),
        Endpoint(
            changes.PATH,
            "changes",
            "What has changed behind a cursor, each record once, as it is now.",
            Changes(readers, bell),
            changes.SCHEMA,
            changes.PARAMETERS,
            line=any_change(),
            linked=True,
        ),
        Endpoint(
            "/api/health",
            "health",
            "Whether the archive can be read, and how far its search index is behind it.",
            Health(readers),
            ref("Health"),
        ),
    ]


def _belonging(readers: Readers, name: str, rows: str, schema: str, read: article.Rows, summary: str) -> Endpoint:
    answer = Belonging(readers, rows, read)
    said = shape({rows: many(ref(schema))})
    return Endpoint(f"{_OF_ONE}/{name}", name, summary, answer, said, line=ref(schema), problems=(404,))
