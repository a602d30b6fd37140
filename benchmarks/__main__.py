"""``python -m benchmarks NAME``: run a benchmark; exit code 1 if a limit is exceeded or a check fails."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    copies,
    crawl,
    decode,
    exports,
    extract,
    incremental,
    memory,
    peers,
    search,
    search_engines,
    sizes,
    year,
)
from benchmarks.report import Report, environment

NAMES = (
    "crawl",
    "extract",
    "decode",
    "memory",
    "incremental",
    "peers",
    "copies",
    "exports",
    "search",
    "search_engines",
    "sizes",
    "year",
)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--all", action="store_true", help="every benchmark")
    parser.add_argument("--json", action="store_true", help="one JSON object in place of lines of text")
    parser.add_argument(
        "--rounds",
        type=int,
        help="paired rounds (crawl, extract, decode, incremental, peers, exports); of each kind, pairs (copies) or "
        "questions (search, search_engines)",
    )
    parser.add_argument(
        "--articles",
        type=int,
        help="plain articles of the portal (crawl, extract, decode), of the largest archive (incremental, exports, "
        "search, search_engines)",
    )
    parser.add_argument("--markdown", action="store_true", help="tables in Markdown in place of lines of text")
    parser.add_argument("--days", type=int, help="year: how many days it has")
    parser.add_argument(
        "--pages", help="memory: how many pages; else: a folder of captured pages in place of the sample"
    )
    args = parser.parse_args(argv)
    names = NAMES if args.all else args.names
    if not names or not set(names) <= set(NAMES):
        parser.error(f"say which: {', '.join(NAMES)}, or --all")
    # Told to end, a benchmark takes its server and its folder along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    found = environment()
    if not args.json:
        for name, value in found.items():
            print(f"{name}: {value}")
    reports = []
    for name in names:
        reports.append(_run(name, args))
        if not args.json:
            print("\n".join(reports[-1].table() if args.markdown else reports[-1].lines()), flush=True)
    if args.json:
        out = {"environment": found, "benchmarks": [report.as_dict() for report in reports]}
        json.dump(out, sys.stdout, ensure_ascii=False, indent=1)
        print()
    return 0 if all(report.passed for report in reports) else 1


def _run(name: str, args: argparse.Namespace) -> Report:
    if name == "memory":
        return memory.run(**({"pages": int(args.pages)} if args.pages and args.pages.isdigit() else {}))
    if name == "year":
        return year.run(**({"days": args.days} if args.days else {}))
    options = {"rounds": args.rounds, "articles": args.articles}
    given = {key: value for key, value in options.items() if value is not None}
    if args.pages and not args.pages.isdigit():
        given["pages"] = Path(args.pages)
    return _RUNS[name](**given)


_RUNS: dict[str, Callable[..., Report]] = {
    "crawl": crawl.run,
    "extract": extract.run,
    "decode": decode.run,
    "incremental": incremental.run,
    "peers": peers.run,
    "copies": copies.run,
    "exports": exports.run,
    "search": search.run,
    "search_engines": search_engines.run,
    "sizes": sizes.run,
}


if __name__ == "__main__":
    sys.exit(main())
