"""Reports of a run and of a week: what is told, to whom it is safe, how large it can get."""

from __future__ import annotations

import ast
import base64
import random
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import html5lib
import pytest
import report_archive
from archived import CHINA, carry_out
from cli_support import cli
from crawling import ROOT
from picture_portal import image
from report_archive import HOSTILE_SITE, LONG_TITLE, MONDAY, SITE, WEEK, at, news

from portalcrawler.display.words import LANGUAGES, common, with_common
from portalcrawler.items import Photo, Step
from portalcrawler.reports.digest import SiteWeek
from portalcrawler.reports.flow import flow_of
from portalcrawler.reports.making import make_digest, make_run_report, read_weeks
from portalcrawler.reports.page import policy, style, words_of
from portalcrawler.reports.portals import Portal, portals_of
from portalcrawler.reports.run_report import read_run_report
from portalcrawler.reports.thumbnails import MOST_BYTES, Thumbnails
from portalcrawler.reports.week import Week
from portalcrawler.store.articles import upsert_article
from portalcrawler.store.connection import Store
from portalcrawler.store.fires import FireState
from portalcrawler.store.picture_files import PictureFolder
from portalcrawler.store.run_query import Run, find_runs, get_run
from portalcrawler.store.schema import ensure_schema
from portalcrawler.store.verdicts import Level

MADE = datetime(2026, 1, 12, 0, 0, tzinfo=UTC)
"""Monday, 8 o'clock at the portal."""
HTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def archive(mongo_uri: str, pictures: Path) -> Iterator[Store]:
    with Store.connect(mongo_uri, database=f"test_{secrets.token_hex(6)}") as store:
        store.run = report_archive.fill(store, pictures)  # type: ignore[attr-defined]
        report_archive.hostile(store)
        yield store
        store.drop_database()


@pytest.fixture(scope="module")
def week(archive: Store, pictures: Path) -> SiteWeek:
    return read_weeks(archive, portals_of([SITE], [], str(pictures)), WEEK, Thumbnails())[0]


def parsed(html: str) -> Any:
    """The page as a browser has it. Whatever is no valid HTML fails here."""
    return html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=True).parse(html)


def text_of(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def newest_run(store: Store, site: str) -> Run:
    return next(iter(find_runs(store, site=site, limit=1)))


# Weeks


def test_a_week_has_seven_days_of_its_zone() -> None:
    week = Week.parse("2026-W13", ZoneInfo("Europe/Berlin"))
    assert week.days[0] == date(2026, 3, 23)
    assert week.since == datetime(2026, 3, 22, 23, tzinfo=UTC)
    assert week.until == datetime(2026, 3, 29, 22, tzinfo=UTC)  # its Sunday has 23 hours
    assert (week.until - week.since) == timedelta(days=7, hours=-1)
    assert week.after(-13).name == "2025-W52"
    assert Week.parse("2026-W53", CHINA).name == "2026-W53"


@pytest.mark.parametrize("name", ["2025-W53", "2026-W00", "2026W02", "26-W02", "0001-W01", "9999-W52", "x"])
def test_what_is_no_week(name: str) -> None:
    with pytest.raises(ValueError, match="is no week; write 2026-W48"):
        Week.parse(name, CHINA)


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        (datetime(2026, 1, 4, 15, 59, tzinfo=UTC), "2026-W01"),
        (datetime(2026, 1, 4, 16, 0, tzinfo=UTC), "2026-W02"),
        (datetime(2025, 12, 31, tzinfo=UTC), "2026-W01"),
    ],
)
def test_the_week_of_a_moment(moment: datetime, name: str) -> None:
    assert Week.of(moment, CHINA).name == name


# What is usual


def flow(*counts: tuple[str, int, int]) -> Any:
    """Of a section's name, a week before (0: this one), how many."""
    return flow_of({((name,), (8 - before) * 7): count for name, before, count in counts}, Week(MONDAY, CHINA))


def test_a_section_is_silent_that_has_articles_in_most_weeks() -> None:
    busy = [("甲", before, 1) for before in range(9)]
    found = flow(*busy, *[("乙", before, 2) for before in range(1, 6)], *[("丙", before, 9) for before in range(1, 5)])
    assert [(each.path, each.active, each.usual) for each in found.silent] == [(("乙",), 5, 1.25)]
    assert found.weeks == 8


def test_weeks_before_the_first_article_say_nothing() -> None:
    found = flow(*[("甲", before, 4) for before in range(3)])
    assert found.weeks == 2
    assert found.usual == 4.0
    assert flow(*[("甲", before, 4) for before in range(1, 4)]).silent == ()  # three weeks are too few to tell
    assert flow(("甲", 0, 4)).usual is None
    assert flow().days[6].date == date(2026, 1, 11)


# A week


def test_the_numbers_of_a_week(week: SiteWeek) -> None:
    assert week.flow.weeks == 8
    assert [day.count for day in week.flow.days] == [3, 3, 2, 5, 2, 3, 2]
    assert [(each.path, each.count) for each in week.flow.sections][:2] == [(("社会",), 9), (("城事", "青石镇"), 8)]
    assert [(each.path, each.usual, each.active) for each in week.flow.silent] == [(("文化", "读书"), 2.0, 8)]
    assert (week.photos, week.credited) == (20, 20)
    assert dict(week.photographers) == {"于晚晴": 8, "简宁": 6, "闻一舟": 6}
    assert len(week.newest) == week.flow.count == 20


def test_what_happened_in_a_week(week: SiteWeek) -> None:
    happened = week.happened
    assert (happened.new_count, happened.late) == (22, 2)
    assert (happened.edits, happened.edited_count) == (3, 2)
    most = happened.edited[0]
    assert (most.article.id, most.count) == ("sample:1", 2)
    assert [revised.number for revised in most.revisions] == [3, 2]
    assert [revised.at for revised in most.revisions] == [at(3, 12), at(1)]
    assert {each.article.title for each in happened.gone} == {"撤下的一篇", "回来的一篇"}
    assert happened.still_gone == 1
    assert [(each.article.title, each.at) for each in happened.returned] == [("回来的一篇", at(4))]
    assert (week.copies, [(each.article.id, each.count) for each in week.reprinted]) == (2, [("sample:1", 2)])


def test_what_went_wrong_in_a_week(week: SiteWeek) -> None:
    assert [(lost.reason, lost.count) for lost in week.lost] == [("http 500", 4), ("no answer in time", 3)]
    assert week.lost[0].examples[0].startswith("https://sample.example/x")
    assert [(incident.group, incident.opened_at, incident.open) for incident in week.incidents] == [
        ("layout", at(3, 10), False)
    ]
    assert week.verdicts == [("alarm", 1), ("ok", 1), (None, 1)]
    assert week.punctuality.due == 5
    assert dict(week.punctuality.states) == {"done": 3, "hung": 1, "lost": 1}
    assert week.punctuality.late == 1
    assert [fire.state for fire in week.punctuality.wrong] == ["hung", "lost"]


def test_the_week_before_has_what_was_edited_then(archive: Store) -> None:
    before = read_weeks(archive, [Portal(SITE)], "2026-W01", Thumbnails())[0]
    assert [edited.article.id for edited in before.happened.edited] == ["sample:3"]
    assert before.happened.gone == ()
    assert before.incidents == ()


def test_the_digest_says_it_in_both_languages(archive: Store, pictures: Path) -> None:
    portals = portals_of([SITE], [], str(pictures))
    zh, en = (make_digest(archive, portals, WEEK, language, now=MADE).html for language in ("zh", "en"))
    for html, headings in (
        (zh, ["每日发布", "停更栏目", "分栏目", "新发布的文章", "修改", "消失与恢复", "图片", "转载", "失败", "事件", "抓取", "定时抓取"]),
        (en, ["Published by day", "Sections that fell silent", "By section", "What was new", "Edited", "Gone and back", "Photos",
              "Copies", "Failures", "Incidents", "Crawls", "Schedule"]),
    ):  # fmt: skip
        tree = parsed(html)
        assert [text_of(found) for found in tree.iter(f"{HTML}h3")][1:] == headings
        assert LONG_TITLE in [text_of(found) for found in tree.iter(f"{HTML}a")]  # no title is cut
        links = [found.get("href") for found in tree.iter(f"{HTML}a")]
        assert "https://sample.example/article-1-1.html" in links
        assert "https://sample.example/x1" in links
        drawn = [found.get("src") for found in tree.iter(f"{HTML}img")]
        assert len(drawn) > 6
        assert all(source.startswith("data:image/jpeg;base64,") for source in drawn)
        assert all(cell.get("scope") in ("col", "row") for cell in tree.iter(f"{HTML}th"))
        assert html.count("<del>收拾缆绳</del><ins>检修船舱</ins>") == 1
    assert "时间为 UTC+8" in zh
    assert "2026年1月5日" in zh
    assert "5 January 2026 to 11 January 2026" in en


def test_a_report_asks_nobody_for_anything(archive: Store, pictures: Path) -> None:
    html = make_digest(archive, portals_of([SITE], [], str(pictures)), WEEK, "zh", now=MADE).html
    tree = parsed(html)
    assert [meta.get("content") for meta in tree.iter(f"{HTML}meta") if meta.get("http-equiv")] == [policy()]
    assert [found.text for found in tree.iter(f"{HTML}style")] == [style()]
    for tag in ("script", "link", "iframe", "object", "form", "base", "audio", "video"):
        assert not list(tree.iter(f"{HTML}{tag}"))
    assert not [found for found in tree.iter() if found.get("style") or found.get("srcset")]
    assert "url(" not in style()
    assert "@import" not in style()


# A run


def test_a_run_is_told_with_what_it_was_held_against(archive: Store, pictures: Path) -> None:
    run = get_run(archive, archive.run)  # type: ignore[attr-defined]
    assert run is not None
    report = read_run_report(archive, Portal(SITE), run, Thumbnails())
    assert report.measured is not None
    assert report.measured.runs == 4  # what nobody has measured is no measure
    totals = {each.name: (each.value, each.usual) for each in report.measured.totals}
    assert totals["articles"] == (42, 40)
    assert totals["size"] == (6_400_000, 5_000_000)
    shares = {each.name: (each.now.count, each.before) for each in report.measured.shares}
    assert shares["source"] == (41, pytest.approx(38 / 40))  # the run with the alarm is no measure of fields
    assert [each.path for each in report.measured.sections] == ["城事/青石镇", "社会"]
    assert {article.id for article in report.happened.new} == {"sample:292", "sample:293"}
    for language in LANGUAGES:
        html = make_run_report(archive, portals_of([SITE], [], str(pictures))[0], run, language, now=MADE).html
        tree = parsed(html)
        rows = [text_of(row) for row in tree.iter(f"{HTML}tr")]
        assert any("6.4 MB5.0 MB" in row for row in rows), rows
        assert "https://sample.example/x0" in [found.get("href") for found in tree.iter(f"{HTML}a")]
        assert f"portalcrawler runs show {run.id}" in html  # 22 failed, 20 are examples


def test_a_run_with_an_alarm_says_why_with_examples(archive: Store) -> None:
    run = next(run for run in find_runs(archive, site=SITE) if run.verdict and run.verdict.level == "alarm")
    html = make_run_report(archive, Portal(SITE), run, "zh", now=MADE).html
    tree = parsed(html)
    problems = [found for found in tree.iter(f"{HTML}ul") if found.get("class") == "problems"]
    assert "青石镇" in text_of(problems[0])
    assert [found.get("href") for found in problems[0].iter(f"{HTML}a")] == [
        "https://sample.example/article-101-1.html"
    ]


def test_a_run_that_was_interrupted_says_that_nobody_has_judged_it(archive: Store) -> None:
    run = next(run for run in find_runs(archive, site=SITE) if run.finished_at is None)
    assert run.state == "interrupted"
    html = make_run_report(archive, Portal(SITE), run, "en", now=MADE).html
    parsed(html)
    assert "Nobody has judged this crawl" in html
    assert "Nobody has measured this crawl" in html
    assert "last heard of" in html


# Hostile portals


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_portal_prints_stays_text(archive: Store, pictures: Path, language: Any) -> None:
    portals = portals_of([HOSTILE_SITE], [], str(pictures))
    run = newest_run(archive, HOSTILE_SITE)
    pages = [
        make_digest(archive, portals, WEEK, language, now=MADE).html,
        make_run_report(archive, portals[0], run, language, now=MADE).html,
    ]
    for html in pages:
        tree = parsed(html)
        assert not list(tree.iter(f"{HTML}script"))
        assert len(list(tree.iter(f"{HTML}style"))) == 1
        assert not [name for found in tree.iter() for name in found.keys() if name.startswith("on")]  # noqa: SIM118
        for found in tree.iter(f"{HTML}a"):
            assert re.match(r"https?://|#site-", found.get("href")), found.get("href")
        assert not list(tree.iter(f"{HTML}img"))  # its file's name leads out of the folder
        assert not set("\u202e\u2066\x07") & set(html)
        assert "</title><style>*{display:none}</style>{{ 7 * 7 }}" in text_of(next(tree.iter(f"{HTML}body")))


# Pictures and size


def test_pictures_are_small_and_upright(tmp_path: Path) -> None:
    from io import BytesIO

    from PIL import Image

    name = report_archive.FILE.format(number=1)
    (tmp_path / name).parent.mkdir()
    turned = Image.new("RGBA", (1600, 800), (255, 0, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    turned.save(tmp_path / name, "PNG", exif=exif)
    made = Thumbnails().of(Photo("x", file=name), PictureFolder(tmp_path))
    assert made is not None
    assert (made.width, made.height) == (150, 300)
    with Image.open(BytesIO(base64.b64decode(made.source.partition(",")[2]))) as shown:
        assert shown.format == "JPEG"
        assert shown.getpixel((75, 150)) == (255, 255, 255)  # what is clear is white


@pytest.mark.parametrize("data", [b"", b"<html>", image()[:200], image("PNG")[:60]])
def test_what_is_no_picture_is_left_out(tmp_path: Path, data: bytes) -> None:
    name = report_archive.FILE.format(number=1)
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_bytes(data)
    thumbnails = Thumbnails()
    assert thumbnails.of(Photo("x", file=name), PictureFolder(tmp_path)) is None
    assert thumbnails.of(Photo("x", file=report_archive.FILE.format(number=2)), PictureFolder(tmp_path)) is None
    assert thumbnails.of(Photo("x", file="../x.jpg"), PictureFolder(tmp_path)) is None
    assert thumbnails.trouble is None


def test_all_pictures_together_fit(tmp_path: Path) -> None:
    from PIL import Image

    name = report_archive.FILE.format(number=1)
    (tmp_path / name).parent.mkdir()
    noise = Image.frombytes("RGB", (400, 300), random.Random(1).randbytes(360_000))
    noise.save(tmp_path / name, "PNG")
    thumbnails = Thumbnails(200_000)
    made = [thumbnails.of(Photo("x", file=name), PictureFolder(tmp_path)) for _ in range(6)]
    there = [each for each in made if each is not None]
    assert 0 < len(there) < 6
    assert sum(len(each.source) for each in there) <= 200_000


def test_a_report_stays_small_however_much_there_was(fresh_store: Store, tmp_path: Path) -> None:
    """A thousand articles with titles of a page each, and edits of whole texts, are still a mail."""
    ensure_schema(fresh_store)
    text = "很长的一段话，说了很多。" * 400
    ops = []
    for number in range(1, 1001):
        article = news(number, number % 7, (f"栏目{number % 300}",), title=f"{number}" * 60, text=text)
        ops.append(upsert_article(article, "run", at(6)))
    carry_out(fresh_store, ops)
    for number in range(1, 41):
        first = news(number, number % 7, ("栏目",), text=text)
        report_archive.edited(fresh_store, first, news(number, 1, ("栏目",), text="另" * 9000), at(6, 10), at(6, 12))
    html = make_digest(fresh_store, [Portal(SITE)], WEEK, "zh", now=MADE).html
    tree = parsed(html)
    assert len(html.encode()) + MOST_BYTES < 4_000_000
    assert "另有 900 项" in html
    assert "……（其余见：portalcrawler history sample:" in html
    assert [text_of(found) for found in tree.iter(f"{HTML}h2")] == [SITE]


def test_a_place_that_cannot_be_read_costs_only_the_pictures(archive: Store, tmp_path: Path) -> None:
    made = make_digest(archive, portals_of([SITE], [], "ftp://pictures"), WEEK, "en", now=MADE)
    assert made.trouble is not None
    assert "Pictures could not be read: Pictures cannot be kept in ftp://pictures" in made.html
    parsed(made.html)


# The command


def test_the_command_writes_a_file(archive: Store, pictures: Path, tmp_path: Path) -> None:
    where = ("--database", archive.database_name)
    path = tmp_path / "week.html"
    answer = cli("report", "week", "--week", WEEK, "--site", SITE, "--photos", str(pictures), "-o", str(path), *where)
    assert (answer.code, answer.out) == (0, "")
    assert answer.err == f"The report of week {WEEK} in {path}\n"
    parsed(path.read_text("utf-8"))
    same = cli("report", "week", "--until", "2026-01-09", "--site", SITE, "--language", "en", *where)
    assert "5 January 2026" in same.out
    run = cli("report", "run", "--site", SITE, "--language", "en", *where)
    assert archive.run in run.out  # type: ignore[attr-defined]
    parsed(run.out)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("week", "--week", "2026-48"), 2, "'2026-48' is no week; write 2026-W48"),
        (("week", "--until", "gestern"), 2, "'gestern' is no date"),
        (("week", "--week", WEEK, "--until", "2026-01-09"), 2, "give either --week or --until, not both"),
        (("week", "--site", "nowhere"), 1, "no article of nowhere in "),
        (("run", "20260101T000000Z-abcdef"), 1, "no run 20260101T000000Z-abcdef in "),
        (("run", "--site", "nowhere"), 1, "no run of nowhere in "),
        (("run", "x", "--site", SITE), 2, "a run is of one site already"),
        (("run", "--output", "/nowhere/run.html"), 1, "/nowhere/run.html cannot be written"),
    ],
)
def test_mistakes_are_told_in_a_line(archive: Store, arguments: tuple[str, ...], code: int, told: str) -> None:
    answer = cli("report", *arguments, "--database", archive.database_name)
    assert answer.code == code
    assert told in " ".join(answer.err.split())
    assert len(answer.err.splitlines()) <= 2


# Words


def test_the_catalogue_is_complete_and_used() -> None:
    folder = ROOT / "portalcrawler" / "reports"
    entries = with_common("portalcrawler.reports")
    own = entries.keys() - common().keys()
    for key in own:
        entry = entries[key]
        assert set(entry) - {"one"} == set(LANGUAGES), key
        fields = {language: set(re.findall(r"{(\w+)", entry[language])) for language in LANGUAGES}
        assert fields["en"] == fields["zh"], key
    whole, beginnings = _used(folder)
    assert whole <= own | common().keys(), whole - own - common().keys()
    assert {key for key in own if key not in whole and not key.startswith(tuple(beginnings))} == set()


def _used(folder: Path) -> tuple[set[str], set[str]]:
    whole, beginnings = set(), set()
    for template in (folder / "templates").glob("*.html"):
        text = template.read_text("utf-8")
        whole |= set(re.findall(r"\bt\(['\"](\w+)['\"][,)]", text))
        beginnings |= set(re.findall(r"\bt\(['\"](\w+_)['\"] ~", text))
        beginnings |= {f"{name}_" for name in re.findall(r"\bt\.name\(['\"](\w+)['\"],", text)}
    for module in folder.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("words", "words_of(language)") and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    whole.add(str(first.value))
                elif isinstance(first, ast.JoinedStr):
                    beginnings.add(str(getattr(first.values[0], "value", "")))
    return whole, beginnings


@pytest.mark.parametrize(
    ("beginning", "kinds"),
    [
        ("verdict", get_args(Level)),
        ("number", ("articles", "new", "lists", "items", "requests", "seconds", "size")),
        ("fire", set(get_args(FireState)) - {"first"}),
        ("step", get_args(Step)),
    ],
)
def test_every_known_value_has_words(beginning: str, kinds: Any) -> None:
    for value in kinds:
        assert words_of("zh").name(beginning, value) != value
