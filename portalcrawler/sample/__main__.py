"""``python -m portalcrawler.sample``: serve the sample portal until interrupted, or print its truth."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from typing import get_args

from .options import Encoding, Fault, FaultKind, SampleOptions, UrlMode, Validators
from .server import serve
from .truth import iter_truth


def _options(argv: list[str] | None) -> tuple[SampleOptions, bool]:
    parser = argparse.ArgumentParser(prog="python -m portalcrawler.sample", description=__doc__)
    parser.add_argument("--port", type=int, default=8136, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--encoding", choices=get_args(Encoding), default="utf-8")
    parser.add_argument("--urls", choices=get_args(UrlMode), default="dynamic")
    parser.add_argument("--missing-status", type=int, choices=(200, 404), default=404)
    parser.add_argument("--articles", type=int, default=0, help="so many plain articles besides the declared ones")
    parser.add_argument("--sections", type=int, default=1, help="the sections that the plain articles are spread over")
    parser.add_argument("--ads", action="store_true", help="other advertisements in every answer")
    parser.add_argument("--count-views", action="store_true", help="count every hit of an article as a view")
    parser.add_argument("--validators", choices=get_args(Validators), default="none", help="answer with these")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="KIND[=RATE]",
        help=f"one of {', '.join(get_args(FaultKind))}",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crawl-delay", type=float)
    parser.add_argument("--disallow", action="append", default=[], metavar="PATH")
    parser.add_argument("--truth", action="store_true", help="print what is in every article, one JSON line each")
    args = parser.parse_args(argv)
    try:
        faults = tuple(map(Fault.parse, args.fault))
    except ValueError as problem:
        parser.error(str(problem))
    options = SampleOptions(
        port=args.port,
        encoding=args.encoding,
        urls=args.urls,
        missing_status=args.missing_status,
        articles=args.articles,
        sections=args.sections,
        ads=args.ads,
        count_views=args.count_views,
        validators=args.validators,
        faults=faults,
        seed=args.seed,
        crawl_delay=args.crawl_delay,
        disallow=tuple(args.disallow),
    )
    return options, args.truth


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when interrupted or told to end."""
    options, print_truth = _options(argv)
    if print_truth:
        for line in iter_truth(options):
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        return 0
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with serve(options) as server:
        sys.stdout.write(f"serving the sample portal at {server.url}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
