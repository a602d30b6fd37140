"""Reports in a browser, as they are opened from a mail: a file, no network, light and dark, on a phone and on paper."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import report_archive
from report_archive import HOSTILE_SITE, SITE, WEEK
from selenium.webdriver.remote.webdriver import WebDriver
from test_web_browser import opened

from portalcrawler.display.words import LANGUAGES
from portalcrawler.reports.making import make_digest, make_run_report
from portalcrawler.reports.portals import portals_of
from portalcrawler.store.connection import Store
from portalcrawler.store.run_query import get_run

MADE = datetime(2026, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def files(mongo_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Each report in both languages, by its name and language."""
    folder = tmp_path_factory.mktemp("reports")
    with Store.connect(mongo_uri, database=f"test_{secrets.token_hex(6)}") as store:
        run = get_run(store, report_archive.fill(store, folder / "pictures"))
        assert run is not None
        report_archive.hostile(store)
        portals = portals_of([SITE, HOSTILE_SITE], [], str(folder / "pictures"))
        made = {}
        for language in LANGUAGES:
            texts = {
                "week": make_digest(store, portals, WEEK, language, now=MADE).html,
                "run": make_run_report(store, portals[0], run, language, now=MADE).html,
            }
            for name, html in texts.items():
                path = folder / f"{name}-{language}.html"
                path.write_text(html, "utf-8")
                made[f"{name}-{language}"] = path
        yield made
        store.drop_database()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    with opened(tmp_path_factory.mktemp("chromium"), network=True) as browser:
        yield browser


def show(browser: WebDriver, path: Path, width: int = 1000, scheme: str = "light") -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": [feature]})
    browser.get(path.as_uri())


def asked_for(browser: WebDriver) -> set[str]:
    """The addresses that the browser has asked for since it was asked last, but for pictures in the page."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    urls = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    return {url for url in urls if not url.startswith("data:")}


@pytest.mark.parametrize("width", [1000, 360])
@pytest.mark.parametrize("name", ["week-zh", "week-en", "run-zh", "run-en"])
def test_a_report_needs_nothing_but_itself(browser: WebDriver, files: dict[str, Path], name: str, width: int) -> None:
    asked_for(browser)
    show(browser, files[name], width)
    drawn: list[int] = browser.execute_script("return [...document.images].map(image => image.naturalWidth)")
    assert drawn
    assert all(drawn)
    assert asked_for(browser) == {files[name].as_uri()}
    assert [line["message"] for line in browser.get_log("browser")] == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width  # nothing beside the page
    assert _colour(browser) == "rgb(251, 250, 247)"  # its style is allowed


def test_by_night_it_is_dark(browser: WebDriver, files: dict[str, Path]) -> None:
    show(browser, files["week-zh"], scheme="dark")
    assert _colour(browser) == "rgb(23, 22, 20)"
    assert browser.get_log("browser") == []


def test_every_text_can_be_read_against_its_ground(browser: WebDriver, files: dict[str, Path]) -> None:
    for scheme in ("light", "dark"):
        for name in ("week-en", "run-en"):
            show(browser, files[name], scheme=scheme)
            faint = browser.execute_script(_CONTRAST)
            assert faint == []


def test_it_prints(browser: WebDriver, files: dict[str, Path]) -> None:
    show(browser, files["week-zh"], scheme="dark")
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
    assert base64.b64decode(printed["data"]).startswith(b"%PDF")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert _colour(browser) == "rgb(255, 255, 255)"


def _colour(browser: WebDriver) -> Any:
    return browser.execute_script("return getComputedStyle(document.body).backgroundColor")


_CONTRAST = """
const rgb = text => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const ground = node => {
  for (; node; node = node.parentElement) {
    const c = rgb(getComputedStyle(node).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c;
  }
};
return [...document.querySelectorAll('body *')].filter(node => !node.closest('svg') && node.checkVisibility()
  && [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())).filter(node => {
  const [a, b] = [light(rgb(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
  return (a + .05) / (b + .05) < 4.5;
}).map(node => node.outerHTML.slice(0, 80));
"""
"""What stands out less than WCAG 2 asks for (AA)."""
