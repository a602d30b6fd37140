"""What judging a page's encoding costs beside decoding it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.extract import cpu
from benchmarks.pages import article_pages, source_of
from benchmarks.report import Report, spread
from portalcrawler.normalize.encoding import decode


def run(*, rounds: int = 7, pages: Path | None = None, articles: int = 60) -> Report:
    """Nothing is gated: both are far below a parse."""
    report = Report("decode", "normalize.encoding.decode against bytes.decode in the right encoding")
    found = article_pages(source_of(pages, articles))
    texts = [decode(body).text for _, body, _ in found]
    for codec in ("utf-8", "gb18030", "big5hkscs"):
        bodies = [text.encode(codec, "xmlcharrefreplace") for text in texts]
        right = sum(decode(body, codec).encoding == codec for body in bodies)
        ours: list[float] = []
        bare: list[float] = []
        for number in range(rounds):
            for which in (0, 1) if number % 2 else (1, 0):
                if which:
                    ours.append(cpu(lambda: [decode(body, codec) for body in bodies]))  # noqa: B023  # called at once
                else:
                    bare.append(cpu(lambda: [body.decode(codec) for body in bodies]))  # noqa: B023  # called at once
        report.figures |= {
            f"{codec}, recognised": f"{right} of {len(bodies)}",
            f"{codec}, ours us a page": spread([1e6 * seconds / len(bodies) for seconds in ours]),
            f"{codec}, bytes.decode us a page": spread([1e6 * seconds / len(bodies) for seconds in bare]),
        }
    return report
