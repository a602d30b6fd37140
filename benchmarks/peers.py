"""What general article extractors cost on the same pages, where they are installed (they are no dependency)."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from lxml.html import document_fromstring

from benchmarks.extract import cpu
from benchmarks.pages import article_pages, source_of
from benchmarks.report import Report, spread
from portalcrawler.normalize.encoding import decode

_Extract = Callable[[str, str], object]


def run(*, rounds: int = 3, pages: Path | None = None, articles: int = 20) -> Report:
    """Ratio of each peer to a parse; nothing is gated. ``pip install trafilatura newspaper4k jieba news-please``."""
    report = Report("peers", "general article extractors against lxml.html parsing alone, the same texts")
    texts = [(url, decode(body).text) for url, body, _ in article_pages(source_of(pages, articles))][:80]
    report.figures["article pages"] = len(texts)
    for name, load in _PEERS.items():
        try:
            extract = load()
        except ImportError:
            report.figures[name] = "not installed"
            continue
        ratios = []
        for _ in range(rounds):
            peer = cpu(lambda: [extract(url, text) for url, text in texts])  # noqa: B023  # called at once
            ratios.append(peer / cpu(lambda: [document_fromstring(text) for _, text in texts]))
        report.figures[f"{name} / parse"] = spread(ratios)
    return report


def _trafilatura() -> _Extract:
    module = importlib.import_module("trafilatura")
    return lambda url, text: module.bare_extraction(text, url=url, with_metadata=True)


def _newspaper() -> _Extract:
    module = importlib.import_module("newspaper")
    importlib.import_module("jieba")  # newspaper4k wants it for Chinese, and asks when it is too late

    def extract(url: str, text: str) -> object:
        article = module.Article(url, language="zh", fetch_images=False)
        article.download(input_html=text)
        article.parse()
        return article

    return extract


def _newsplease() -> _Extract:
    module = importlib.import_module("newsplease")
    return lambda url, text: module.NewsPlease.from_html(text, url=url)


_PEERS: dict[str, Callable[[], _Extract]] = {
    "trafilatura": _trafilatura,
    "newspaper4k": _newspaper,
    "news-please": _newsplease,
}
