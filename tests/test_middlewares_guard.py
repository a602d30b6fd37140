"""The guard, over real servers: nothing but the site's own host is reached on loopback, whatever leads there."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from loopback import Reply, crawl, run, serve

from portalcrawler.middlewares.guard import target

FAST = {"AUTOTHROTTLE_ENABLED": False, "DOWNLOAD_DELAY": 0}


@pytest.fixture(scope="module")
def guarded() -> SimpleNamespace:
    """One crawl of everything that leads from a site on loopback to another server on loopback."""
    with serve({"/x": Reply()}) as other, serve({"/x": Reply()}, "127.0.0.2", other.port) as permitted:
        there = f"127.0.0.1:{other.port}"
        refresh = f'<meta http-equiv="refresh" content="0;url=http://{there}/x">'.encode()
        routes = {
            "/ok": Reply(),
            "/redirect": Reply(b"", 302, {"Location": f"http://{there}/x"}),
            "/scheme": Reply(b"", 302, {"Location": "file:///etc/hostname"}),
            "/refresh": Reply(refresh),
            "/port": Reply(b"", 302, {"Location": "http://example.test:99999/"}),
            "/name": Reply(b"", 302, {"Location": f"http://inside.test:{other.port}/x"}),
        }
        robots = {"/robots.txt": Reply(b"", 302, {"Location": f"http://{there}/x"}), "/ok": Reply()}
        with serve(routes) as site, serve(robots) as led:
            urls = {
                "ok": f"{site.url}/ok",
                "own name": f"http://portal.test:{site.port}/ok",
                "own name, other port": f"http://portal.test:{other.port}/x",
                "robots": f"{led.url}/ok",
                "mixed": f"http://mixed.test:{other.port}/x",
                "permitted network": f"http://127.0.0.2:{other.port}/x",
                "redirect": f"{site.url}/redirect",
                "redirect to a name": f"{site.url}/name",
                "refresh": f"{site.url}/refresh",
                "redirect to a file": f"{site.url}/scheme",
                "redirect to a wrong port": f"{site.url}/port",
                "other port": f"http://{there}/x",
                "decimal": f"http://2130706433:{other.port}/x",
                "hexadecimal": f"http://0x7f.1:{other.port}/x",
                "mapped": f"http://[::ffff:127.0.0.1]:{other.port}/x",
                "unspecified": f"http://0:{other.port}/x",
                "name": f"http://inside.test:{other.port}/x",
                "name, IPv6": f"http://inside6.test:{other.port}/x",
                "unknown name": f"http://nowhere.test:{other.port}/x",
                "localhost": f"http://localhost:{other.port}/x",
                "metadata": "http://169.254.169.254/latest/meta-data/",
                "file": "file:///etc/hostname",
                "data": "data:text/html,x",
                "ftp": f"ftp://{there}/x",
                "s3": "s3://bucket/x",
                "malformed": "http://256.256.256.256/",
            }
            done = crawl(
                list(urls.values()),
                allowed=(site.netloc, led.netloc, f"portal.test:{site.port}"),
                names={
                    "portal.test": ["127.0.0.1"],
                    "inside.test": ["127.0.0.1", "10.0.0.1"],
                    "inside6.test": ["fd00::1", "::1"],
                    "mixed.test": ["127.0.0.1", "::1", "127.0.0.2"],
                    "nowhere.test": [],
                },
                settings={"GUARD_PERMITTED_NETWORKS": ["127.0.0.2/32"], "RETRY_TIMES": 1, **FAST},
            )
        outcomes = {name: done[url] for name, url in urls.items()}
        return SimpleNamespace(
            outcomes=outcomes, stats=done.stats, log=done.log, other=other.hits, permitted=permitted.paths()
        )


def test_nothing_reaches_the_other_server(guarded: SimpleNamespace) -> None:
    assert guarded.other == []


@pytest.mark.parametrize("case", ["ok", "own name", "robots", "mixed", "permitted network"])
def test_allowed(guarded: SimpleNamespace, case: str) -> None:
    assert guarded.outcomes[case].get("status") == 200, guarded.outcomes[case]


def test_of_a_mixed_answer_the_permitted_address_is_used(guarded: SimpleNamespace) -> None:
    assert guarded.outcomes["mixed"]["address"] == "127.0.0.2"
    assert guarded.permitted == ["/x", "/x"]


REASONS = {
    "redirect": "loopback",
    "redirect to a name": "loopback",
    "refresh": "loopback",
    "other port": "loopback",
    "own name, other port": "loopback",
    "decimal": "loopback",
    "hexadecimal": "loopback",
    "mapped": "loopback",
    "unspecified": "unspecified",
    "name": "loopback",
    "name, IPv6": "private",
    "localhost": "local-name",
    "metadata": "link-local",
    "file": "scheme",
    "data": "scheme",
    "ftp": "scheme",
    "s3": "scheme",
    "malformed": "malformed-host",
}


@pytest.mark.parametrize("case", REASONS)
def test_refused(guarded: SimpleNamespace, case: str) -> None:
    outcome = guarded.outcomes[case]
    assert (outcome.get("error"), outcome.get("reason")) == ("RefusedRequest", REASONS[case]), outcome


def test_a_redirect_to_a_file_is_not_followed(guarded: SimpleNamespace) -> None:
    assert guarded.outcomes["redirect to a file"]["error"] == "HttpError"


def test_a_redirect_to_a_wrong_port_fails(guarded: SimpleNamespace) -> None:
    assert guarded.outcomes["redirect to a wrong port"]["error"] == "ValueError"


def test_a_public_site_cannot_lead_inside_by_its_own_names() -> None:
    with serve({"/x": Reply()}) as inside, serve({"/x": Reply()}, "127.0.0.2", inside.port) as public:
        names = {"www.own.test": ["127.0.0.1", "127.0.0.2"], "own.test": ["127.0.0.1"]}
        urls = [f"http://{name}:{inside.port}/x" for name in names]
        done = crawl(
            urls,
            allowed=tuple(f"{name}:{inside.port}" for name in names),
            names=names,
            settings={"GUARD_PERMITTED_NETWORKS": ["127.0.0.2/32"], "CONCURRENT_REQUESTS": 1, **FAST},
        )
        assert done[urls[0]]["address"] == "127.0.0.2"
        assert done[urls[1]]["reason"] == "loopback"
        assert (inside.hits, public.paths()) == ([], ["/x"])


def test_a_name_that_does_not_exist_is_no_refusal(guarded: SimpleNamespace) -> None:
    assert guarded.outcomes["unknown name"]["error"] == "CannotResolveHostError"


def test_refusals_are_counted_by_reason(guarded: SimpleNamespace) -> None:
    counts = {key.rpartition("/")[2]: n for key, n in guarded.stats.items() if key.startswith("guard/refused/")}
    assert set(counts) == set(REASONS.values())
    assert counts["scheme"] == 4
    assert "Refused a request to 169.254.169.254 (link-local)" in guarded.log


def test_refused_names_are_not_retried(guarded: SimpleNamespace) -> None:
    retried = {key: n for key, n in guarded.stats.items() if key.startswith("retry/reason_count")}
    assert list(retried) == ["retry/reason_count/scrapy.exceptions.CannotResolveHostError"]


def test_behind_a_proxy() -> None:
    with serve({"http://public.test/x": Reply(b"by proxy")}) as proxy, serve({"/x": Reply()}) as other:
        urls = ["http://public.test/x", f"{other.url}/x", f"{proxy.url}/x", f"http://localhost:{other.port}/x"]
        done = crawl(urls, env={"http_proxy": proxy.url}, settings={"ROBOTSTXT_OBEY": False, **FAST})
        assert other.hits == []
        assert proxy.paths() == ["http://public.test/x"]
    assert [done[url].get("status", done[url].get("reason")) for url in urls] == [
        200,
        "loopback",
        "loopback",
        "local-name",
    ]


def shell(url: str, code: str, cwd: Path) -> str:
    alone = ["-s", "SPIDER_MODULES=", "-s", "ITEM_PIPELINES={}", "-s", "EXTENSIONS={}"]
    alone += [part for name, value in FAST.items() for part in ("-s", f"{name}={int(value)}")]
    done = run([sys.executable, "-W", "error", "-m", "scrapy", "shell", url, "-c", code, *alone], cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_shell_opens_what_a_person_types(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<title>saved</title>")
    assert shell("./page.html", "response.css('title::text').get()", tmp_path) == "saved"
    with serve({"/x": Reply()}) as other:
        routes = {
            "/a": Reply(b"", 302, {"Location": "/b"}),
            "/b": Reply(b"<title>served</title>"),
            "/out": Reply(b"", 302, {"Location": f"{other.url}/x"}),
        }
        with serve(routes) as site:
            code = "(response.css('title::text').get(), fetch('%s/out'), crawler.stats.get_value('%s'))"
            counted = "guard/refused/loopback"
            answer = shell(f"{site.url}/a", code % (site.url, counted), tmp_path)
        assert answer == "('served', None, 1)"
        assert other.hits == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://Example.COM./a", ("example.com", 80)),
        ("https://example.com:8443", ("example.com", 8443)),
        ("https://user:word@[::1]/", ("::1", 443)),
        ("http://bücher.test/", ("xn--bcher-kva.test", 80)),
    ],
)
def test_target(url: str, expected: tuple[str, int]) -> None:
    assert target(url) == expected
