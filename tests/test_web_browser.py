"""The web pages in a browser, as a reader uses them: by keyboard, on a phone, in the dark, without JavaScript."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import web_archive
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from web_archive import FULL, HOSTILE
from web_site import Site, serving

from portalcrawler.store.connection import Store

_FLAGS = (
    "--headless",
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en",
)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 30


@contextmanager
def opened(folder: Path, *, scripts: bool = True, network: bool = False) -> Iterator[WebDriver]:
    """A browser with a profile of its own; with ``network`` its log ``performance`` tells what it asks for."""
    options = webdriver.ChromeOptions()
    for flag in (*_FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"intl.accept_languages": "en"})
    options.binary_location = next(filter(None, map(shutil.which, _BROWSERS)))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", **({"performance": "ALL"} if network else {})})
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        if not scripts:
            browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        yield browser
    finally:
        browser.quit()


@pytest.fixture(scope="module")
def archive(mongo_uri: str) -> Iterator[Store]:
    with Store.connect(mongo_uri, database=f"test_{secrets.token_hex(6)}") as store:
        store.run = web_archive.fill(store)  # type: ignore[attr-defined]
        yield store
        store.drop_database()


@pytest.fixture(scope="module")
def web(archive: Store, mongo_uri: str) -> Iterator[Site]:
    with serving(mongo_uri, archive) as site:
        yield site


@pytest.fixture(scope="module")
def _browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    with opened(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def browser(_browser: WebDriver, web: Site) -> Iterator[WebDriver]:
    """The browser as somebody comes to it, and what it complained of in the end: nothing."""
    _browser.get(f"http://127.0.0.1:{web.port}/static/icon.svg")
    _browser.delete_all_cookies()
    _window(_browser, 1280, 900)
    _media(_browser, "light")
    _browser.get_log("browser")
    yield _browser
    complaints = [line["message"] for line in _browser.get_log("browser") if "400 (Bad Request)" not in line["message"]]
    assert complaints == []


def _window(browser: WebDriver, width: int, height: int) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def _media(browser: WebDriver, scheme: str) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )


def _open(browser: WebDriver, web: Site, path: str) -> None:
    browser.get(f"http://127.0.0.1:{web.port}{path}")


def _until(browser: WebDriver, condition: Any) -> Any:
    """What ``condition`` answers as soon as it answers something true; a page that is replaced meanwhile is asked again."""
    gone = [StaleElementReferenceException]
    return WebDriverWait(browser, _SECONDS, 0.05, ignored_exceptions=gone).until(condition)


def _found(browser: WebDriver, by: str, value: str) -> WebElement:
    element: WebElement = _until(browser, lambda b: b.find_element(by, value))
    return element


def _click(browser: WebDriver, by: str, value: str) -> None:
    _until(browser, lambda b: b.find_element(by, value).click() or True)


def _heading(browser: WebDriver) -> str:
    return str(browser.execute_script("return document.querySelector('h1').innerText"))


def _press(browser: WebDriver, *keys: str) -> None:
    webdriver.ActionChains(browser).send_keys(*keys).perform()


def _focused(browser: WebDriver) -> str:
    return str(browser.execute_script("return document.activeElement.innerText || document.activeElement.id"))


def test_searching_by_keyboard_alone(browser: WebDriver, web: Site) -> None:
    _open(browser, web, "/")
    _press(browser, Keys.TAB)
    assert _focused(browser) == "Skip to content"
    _press(browser, Keys.ENTER, Keys.TAB)
    assert _focused(browser) == "q"
    _press(browser, "青石镇", " ", "19")
    _until(browser, lambda b: "One article found" in _heading(b))  # as it is typed
    _until(browser, lambda b: parse_qs(urlsplit(b.current_url).query).get("q") == ["青石镇 19"])
    assert _focused(browser) == "q"
    marks = browser.execute_script("return [...document.querySelectorAll('mark')].map(mark => mark.innerText)")
    assert marks[:2] == ["青石镇", "19"]
    for _ in range(20):
        _press(browser, Keys.TAB)
        if "青石镇见闻之19" in _focused(browser):
            break
    _press(browser, Keys.ENTER)
    _until(browser, lambda b: "青石镇见闻之19" in b.title)


def test_facets_and_paging_swap_the_results_and_the_way_back(browser: WebDriver, web: Site) -> None:
    _open(browser, web, "/search?q=%E6%B2%B3%E6%B0%B4")
    before = _heading(browser)
    browser.execute_script("window.same = true")
    _click(browser, By.LINK_TEXT, "简宁")
    _until(browser, lambda b: "31 articles" in _heading(b))
    assert browser.execute_script("return window.same") is True  # the page has not been loaded anew
    assert "photographer=" in browser.current_url
    _until(browser, lambda b: _focused(b) == "31 articles found")
    assert "photographer=" in browser.find_element(By.ID, "language").get_attribute("href")
    _click(browser, By.PARTIAL_LINK_TEXT, "Further")
    _until(browser, lambda b: "start=20" in b.current_url)
    _until(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, ".results > li")) == 11)
    browser.back()
    _until(browser, lambda b: len(b.find_elements(By.CSS_SELECTOR, ".results > li")) == 20)
    browser.back()
    _until(browser, lambda b: _heading(b) == before)
    _click(browser, By.LINK_TEXT, "社会")
    _until(browser, lambda b: "section=" in b.current_url)
    browser.find_element(By.ID, "q").send_keys(" 渡口")  # a filter that is set stays when somebody types on
    _until(browser, lambda b: "%E6%B8%A1%E5%8F%A3" in b.current_url)
    assert "section=" in browser.current_url


def test_a_half_typed_query_leaves_the_results_as_they_are(browser: WebDriver, web: Site) -> None:
    _open(browser, web, "/")
    box = browser.find_element(By.ID, "q")
    box.send_keys("date:")
    _until(browser, lambda b: any("400" in line["message"] for line in b.get_log("browser")))
    assert "Newest articles" in _heading(browser)
    box.send_keys(Keys.ENTER)
    _until(browser, lambda b: _heading(b) == "This query cannot be understood")
    box.send_keys("2019-12-01")
    _until(browser, lambda b: _heading(b) == "One article found")


def test_the_language_is_switched_and_stays(browser: WebDriver, web: Site) -> None:
    _open(browser, web, f"/articles/{FULL}")
    _click(browser, By.LINK_TEXT, "中文")
    _until(browser, lambda b: b.find_element(By.TAG_NAME, "html").get_attribute("lang") == "zh-CN")
    _click(browser, By.LINK_TEXT, "栏目")
    _until(browser, lambda b: _heading(b) == "栏目")


def test_dark_where_the_reader_wants_it(browser: WebDriver, web: Site) -> None:
    _open(browser, web, f"/articles/{FULL}")
    colours = "const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]"

    def lightness(colour: str) -> int:
        return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))

    light = [lightness(colour) for colour in browser.execute_script(colours)]
    _media(browser, "dark")
    dark = [lightness(colour) for colour in browser.execute_script(colours)]
    assert light[0] > 700 > 200 > light[1]
    assert dark[0] < 100 < 600 < dark[1]


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_window(browser: WebDriver, web: Site, archive: Store, width: int) -> None:
    _window(browser, width, 800)
    run = archive.run  # type: ignore[attr-defined]
    for path in (
        "/",
        f"/articles/{FULL}",
        f"/articles/{HOSTILE}",
        f"/articles/{FULL}/history",
        "/sections",
        "/photos",
        "/changes?cursor=0",
        "/runs",
        f"/runs/{run}",
        "/nothing",
    ):
        _open(browser, web, path)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width, path
        if path == "/nothing":
            browser.get_log("browser")  # the browser reports the 404 that was asked for


def test_hostile_texts_do_nothing(browser: WebDriver, web: Site, archive: Store) -> None:
    run = archive.run  # type: ignore[attr-defined]
    for path in (f"/articles/{HOSTILE}", f"/articles/{HOSTILE}/history", "/search?q=script", f"/runs/{run}", "/photos"):
        _open(browser, web, path)  # an alert would stop the next step
        assert browser.execute_script("return document.querySelectorAll('[onerror], [onmouseover], style').length") == 0


def test_without_javascript_everything_works(web: Site, tmp_path: Path) -> None:
    with opened(tmp_path, scripts=False) as browser:
        browser.get(f"http://127.0.0.1:{web.port}/")
        _found(browser, By.ID, "q").send_keys("河水", Keys.ENTER)
        _until(browser, lambda b: "62 articles found" in b.find_element(By.TAG_NAME, "h1").text)
        _click(browser, By.LINK_TEXT, "简宁")
        _until(browser, lambda b: "31 articles found" in b.find_element(By.TAG_NAME, "h1").text)
        _found(browser, By.ID, "q").send_keys(" 渡口", Keys.ENTER)
        _until(browser, lambda b: "%E6%B8%A1%E5%8F%A3" in b.current_url)
        assert "photographer=" in browser.current_url
        _click(browser, By.PARTIAL_LINK_TEXT, "Further")
        _until(browser, lambda b: "start=20" in b.current_url)
        _click(browser, By.CSS_SELECTOR, "li h2 a")
        _until(browser, lambda b: "/articles/" in b.current_url)
        assert _found(browser, By.TAG_NAME, "article").text
