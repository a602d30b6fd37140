from __future__ import annotations

import pickle
import re
from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portalcrawler.sites import (
    OVERRIDES,
    Politeness,
    Revisit,
    Site,
    SiteError,
    StartSection,
    ad_hoc_site,
    compile_xpath,
    list_sites,
    load_site,
    site_for_url,
)
from portalcrawler.sites.declaration import KEYS, POLITENESS_KEYS, REVISIT_KEYS, SECTION_KEYS
from portalcrawler.sites.schedule import SCHEDULE_KEYS, TIME_LIMIT, Schedule

DOCS = (Path(__file__).parent.parent / "docs" / "sites.md").read_text("utf-8")
HOME = 'home = "http://h.example/"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of declarations, empty."""
    monkeypatch.setenv("PORTALCRAWLER_SITES", str(tmp_path))
    return tmp_path


def declare(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_packages_sites() -> None:
    assert [site.name for site in list_sites()] == ["cs0799", "sample"]
    cs0799 = load_site("cs0799")
    assert (cs0799.title, cs0799.cms, cs0799.encoding) == ("萍乡城事网", "discuz", None)
    assert cs0799.home == "https://www.cs0799.com/portal.php"
    assert cs0799.hosts == ("www.cs0799.com", "cs0799.com")
    assert datetime(2019, 12, 16, tzinfo=cs0799.tz).utcoffset() == timedelta(hours=8)
    assert not cs0799.is_loopback
    sample = load_site("sample")
    assert sample.home == "http://127.0.0.1:8136/portal.php"
    assert sample.hosts == ("127.0.0.1:8136",)
    assert sample.is_loopback


def test_every_key_is_read(folder: Path) -> None:
    path = declare(
        folder,
        """
        name = "mine"
        title = "某城网"
        home = "HTTP://www.H.example:80/portal.php#top"
        hosts = ["WWW.h.example", "h.example:80", "h.example:8080", "萍乡.example"]
        cms = "other"
        time_zone = "Asia/Urumqi"
        encoding = "GBK"
        exclude = ["广告"]
        exclude_urls = ['[?&]mobile=']
        follow_links = false
        comments = false
        max_list_pages = 7
        max_sections = 9
        probe_ids = 0
        [[sections]]
        name = "城事资讯/某县"
        url = "http://h.example/city/某县/"
        [politeness]
        delay = 1
        concurrency = 2
        obey_robots = false
        user_agent = "Mine/1.0"
        [overrides]
        title = "//h1"
        """,
    )
    assert load_site("mine") == load_site(path) == load_site(str(path))
    assert load_site("mine") == Site(
        name="mine",
        title="某城网",
        home="http://www.h.example/portal.php",
        hosts=("www.h.example", "h.example", "h.example:8080", "xn--wjq612k.example"),
        cms="other",
        time_zone="Asia/Urumqi",
        encoding="gbk",
        sections=(StartSection("城事资讯/某县", "http://h.example/city/%E6%9F%90%E5%8E%BF/"),),
        exclude=("广告",),
        exclude_urls=("[?&]mobile=",),
        follow_links=False,
        comments=False,
        max_list_pages=7,
        max_sections=9,
        probe_ids=0,
        politeness=Politeness(1.0, 2, False, "Mine/1.0"),
        overrides={"title": "//h1"},
    )
    assert load_site("mine").path == path
    moment = datetime(2020, 1, 1, 6, tzinfo=load_site("mine").tz)
    assert moment == datetime(2020, 1, 1, tzinfo=UTC)


def test_a_schedule_is_read_with_its_defaults(folder: Path) -> None:
    declare(folder, HOME + "time_zone = 'Asia/Urumqi'\n[schedule]\ncron = '30 3 * * *'")
    assert load_site("mine").schedule == Schedule(cron=("30 3 * * *",), time_zone="Asia/Urumqi", time_limit=TIME_LIMIT)
    declare(
        folder,
        HOME
        + """
        [schedule]
        every = "30 minutes"
        time_zone = "+01:00"
        jitter = "5m"
        quiet = ["23:30-06:00"]
        time_limit = "2 hours"
        memory_limit = "1.5 GB"
        photos = "~/pictures"
        due = true
        """,
    )
    quiet = ("23:30-06:00",)
    assert load_site("mine").schedule == Schedule(
        (), 1800.0, "+01:00", 300.0, quiet, 7200.0, 1_500_000_000, "~/pictures", True
    )


def test_defaults(folder: Path) -> None:
    declare(folder, HOME)
    assert load_site("mine") == Site(name="mine", home="http://h.example/", hosts=("h.example", "www.h.example"))


def test_a_site_can_be_sent_to_another_process_and_be_a_key() -> None:
    site = load_site("cs0799")
    assert pickle.loads(pickle.dumps(site)) == site
    assert {site: 1}[load_site("cs0799")] == 1


def test_the_users_file_wins_and_is_found_by_host(folder: Path) -> None:
    declare(folder, 'home = "http://127.0.0.1:9/"', "sample")
    declare(folder, HOME)
    assert [site.name for site in list_sites()] == ["cs0799", "mine", "sample"]
    assert load_site("sample").home == "http://127.0.0.1:9/"
    for url, name in (("http://www.h.example/a", "mine"), ("https://cs0799.com/x.html", "cs0799")):
        found = site_for_url(url)
        assert found is not None
        assert found.name == name
    assert site_for_url("http://127.0.0.1:8136/") is None
    assert site_for_url("http://bbs.h.example/") is None


def test_the_users_folder_is_in_the_programs_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTALCRAWLER_SITES")
    monkeypatch.setenv("PORTALCRAWLER_HOME", str(tmp_path))
    assert [site.name for site in list_sites()] == ["cs0799", "sample"]
    (tmp_path / "sites").mkdir()
    declare(tmp_path / "sites", HOME)
    assert load_site("mine").home == "http://h.example/"


@pytest.mark.parametrize(
    ("home", "hosts"),
    [
        ("http://www.h.example/", ("www.h.example", "h.example")),
        ("https://h.example:8443/", ("h.example:8443", "www.h.example:8443")),
        ("http://127.0.0.1:8135/", ("127.0.0.1:8135",)),
        ("http://[::1]:8135/", ("[::1]:8135",)),
        ("http://localhost/", ("localhost",)),
    ],
)
def test_the_hosts_of_a_home(home: str, hosts: tuple[str, ...]) -> None:
    assert ad_hoc_site(home).hosts == hosts


@pytest.mark.parametrize(
    ("url", "name", "home"),
    [
        ("http://127.0.0.1:8135/", "127.0.0.1-8135", "http://127.0.0.1:8135/"),
        ("https://www.h.example", "h.example", "https://h.example/"),
        (
            "http://H.example:80/portal.php?mod=list&catid=2#x",
            "h.example",
            "http://h.example/portal.php?mod=list&catid=2",
        ),
        ("http://萍乡.example/", "xn--wjq612k.example", "http://xn--wjq612k.example/"),
        ("http://[::1]:8135/", "1-8135", "http://[::1]:8135/"),
        ("http://LOCALHOST:81/", "localhost-81", "http://localhost:81/"),
    ],
)
def test_a_site_from_a_url_alone(url: str, name: str, home: str) -> None:
    site = ad_hoc_site(url)
    assert site.name == name
    assert site.home == home.replace("https://h", "https://www.h")
    assert (site.cms, site.time_zone, site.path) == ("discuz", "+08:00", None)
    assert site.has_url(site.home)


@pytest.mark.parametrize("url", ["", "cs0799", "ftp://h.example/", "http://", "http://[", "javascript:1"])
def test_no_site_from_what_is_no_url(url: str) -> None:
    with pytest.raises(SiteError, match="is no URL; allowed: http"):
        ad_hoc_site(url)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.9.9.9/", True),
        ("http://[::1]/", True),
        ("http://localhost:81/", True),
        ("http://10.0.0.1/", False),
        ("http://localhost.example/", False),
    ],
)
def test_loopback(url: str, local: bool) -> None:
    assert ad_hoc_site(url).is_loopback is local


def test_exclusion_of_sections(folder: Path) -> None:
    declare(
        folder,
        HOME
        + "exclude = ['广告', '城事资讯/活动', '/bbs/', '/portal.php?mod=list&catid=5']\n"
        + "exclude_urls = ['[?&]mobile=']",
    )
    site = load_site("mine")
    other = "http://h.example/x/"
    assert site.excludes_section(["广告"], other)
    assert site.excludes_section(["生活", "广告", "招租"], other)
    assert site.excludes_section(["城事资讯", "活动", "摄影"], other)
    assert not site.excludes_section(["城事资讯"], other)
    assert not site.excludes_section(["生活", "活动"], other)
    assert not site.excludes_section(["广告栏"], other)
    for url, expected in (
        ("http://h.example/bbs/", True),
        ("http://h.example/bbs/list.html", True),
        ("http://h.example/bbs2/", False),
        ("http://h.example/portal.php?mod=list&catid=5", True),
        ("http://h.example/portal.php?mod=list&catid=51", False),
        ("http://h.example/city/?mobile=2", True),
    ):
        assert site.excludes_section(["生活"], url) is expected, url
    assert site.excludes_url("http://h.example/article-1-1.html?a=1&mobile=2")
    assert not site.excludes_url("http://h.example/bbs/")


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        ("title = 'x'", None, "home", "missing; allowed: the URL of the portal's first page"),
        (HOME + "title = ", 2, None, "wrong TOML: Invalid value"),
        (HOME + HOME, 2, None, "wrong TOML: Cannot overwrite a value"),
        (
            HOME + "\n\ntimezone = '+08:00'",
            4,
            "timezone",
            "unknown key; did you mean time_zone? allowed: cms, comments, encoding",
        ),
        (HOME + "[politeness]\n# slow\ndelays = 1", 4, "politeness.delays", "unknown key; did you mean delay? allowed"),
        (HOME + "politeness = { delays = 1 }", 2, "politeness.delays", "unknown key"),
        (HOME + "politeness.delays = 1", 2, "politeness.delays", "unknown key"),
        (HOME + "[schedule]\nquiet = ['23:00-06:00']", 2, "schedule.every", "either cron = "),
        (HOME + "[schedule]\ncron = '0 3 * * *'\nevery = '1h'", 3, "schedule.cron", "either cron = "),
        (HOME + "[schedule]\ncron = '61 3 * * *'", 3, "schedule.cron", "no cron expression; allowed: minute hour day"),
        (HOME + "[schedule]\ncron = '0 0 3 * * *'", 3, "schedule.cron", "no cron expression; allowed: minute hour day"),
        (HOME + "[schedule]\ncron = '0 3 30 2 *'", 3, "schedule.cron", "no cron expression"),
        (HOME + "[schedule]\ncron = 5", 3, "schedule.cron", "wrong type; allowed: a list"),
        (HOME + "[schedule]\nevery = '1 fortnight'", 3, "schedule.every", "is no length of time; allowed: 30m, 6h"),
        (HOME + "[schedule]\nevery = '30s'", 3, "schedule.every", "too short; allowed: 1m"),
        (HOME + "[schedule]\nevery = '1h'\njitter = '40m'", 4, "schedule.jitter", "too long; allowed: half the time"),
        (HOME + "[schedule]\nevery = '1h'\nquiet = ['25:00-1:00']", 4, "schedule.quiet", "is no span of the day"),
        (
            HOME + "[schedule]\nevery = '1h'\nquiet = ['00:00-12:00', '12:00-00:00']",
            4,
            "schedule.quiet",
            "the whole day",
        ),
        (
            HOME + "[schedule]\nevery = '1h'\nmemory_limit = '1 KB'",
            4,
            "schedule.memory_limit",
            "is no size; allowed: 500MB",
        ),
        (HOME + "[schedule]\nevery = '1h'\ntime_zone = 'Asia/Pinxiang'", 4, "schedule.time_zone", "is no time zone"),
        (HOME + "[schedule]\nevry = '1h'", 3, "schedule.evry", "unknown key; did you mean every?"),
        (HOME + "[overrides]\nphotos = '//img'", 3, "overrides.photos", "unknown key; allowed: author, body"),
        (HOME + "title = 5", 2, "title", "5 is of the wrong type; allowed: a text"),
        (HOME + "title = ' '", 2, "title", "blank; leave the key out instead"),
        (HOME + "hosts = 'h.example'", 2, "hosts", "wrong type; allowed: a list"),
        (HOME + "hosts = ['h.example', 5]", 2, "hosts", "5 is no text; allowed: a list of texts"),
        (HOME + "hosts = ['http://h.example/']", 2, "hosts", "is no host; allowed: www.example.com or"),
        (HOME + "hosts = ['other.example']", 2, "hosts", "home's host is missing; allowed: a list with 'h.example'"),
        (
            "home = 'h.example'",
            1,
            "home",
            "'h.example' is no URL; allowed: the URL of the portal's first page, with http",
        ),
        (HOME + "name = 'yours'", 2, "name", "clashes with the file's name; allowed: 'mine', or leave it out"),
        (HOME + "cms = 'Discuz!'", 2, "cms", "cannot name a CMS family; allowed: a-z 0-9"),
        (HOME + "time_zone = '+25:00'", 2, "time_zone", "'+25:00' is no time zone; allowed: +08:00 or a name"),
        (HOME + "encoding = 'gbkk'", 2, "encoding", "'gbkk' is not known; did you mean gbk? allowed: ascii, big5"),
        (HOME + "exclude_urls = ['(']", 2, "exclude_urls", "allowed: Python's regular expressions"),
        (HOME + "follow_links = 1", 2, "follow_links", "allowed: true or false"),
        (HOME + "max_list_pages = true", 2, "max_list_pages", "allowed: a whole number"),
        (HOME + "max_list_pages = 0", 2, "max_list_pages", "0 is out of range; allowed: 1 to 1000000"),
        (HOME + "politeness = 5", 2, "politeness", "5 is no table; allowed: a table [politeness]"),
        (HOME + "[politeness]\ndelay = -1", 3, "politeness.delay", "out of range; allowed: 0 to 3600"),
        (HOME + "[politeness]\ndelay = nan", 3, "politeness.delay", "out of range; allowed: 0 to 3600"),
        (HOME + "[politeness]\ndelay = 'x'", 3, "politeness.delay", "allowed: a number"),
        (HOME + "[politeness]\nconcurrency = 1.5", 3, "politeness.concurrency", "allowed: a whole number"),
        (HOME + "sections = ['x']", 2, "sections", "no list of tables; allowed: tables [[sections]]"),
        (
            HOME + "[[sections]]\nurl = 'http://h.example/'",
            2,
            "sections.0.name",
            "missing; allowed: the section's name",
        ),
        (
            HOME + "[[sections]]\nname='a'\nurl='http://h.example/'\n[[sections]]\nname='b'\nurl = 'http://o.example/'",
            7,
            "sections.1.url",
            "is on none of the portal's hosts; allowed: h.example, www.h.example",
        ),
        (
            HOME + "[overrides]\ntitle = '//h1['",
            3,
            "overrides.title",
            "'//h1[': Invalid expression; allowed: XPath 1.0",
        ),
        (HOME + "[overrides]\nbody = '//x:p'", 3, "overrides.body", "allowed: XPath 1.0"),
        (HOME + "[overrides]\nbody = 'first(//p)'", 3, "overrides.body", "allowed: XPath 1.0"),
        ('title = """\nhome = 1\n"""\n' + HOME + "cms = 5", 5, "cms", "wrong type"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(
    folder: Path, text: str, line: int | None, key: str | None, message: str
) -> None:
    path = declare(folder, text)
    with pytest.raises(SiteError) as caught:
        load_site("mine")
    error = caught.value
    assert (error.path, error.line, error.key) == (path, line, key)
    assert message in error.message
    where = f"{path}:{line}: " if line else f"{path}: "
    assert str(error) == (f"{where}{key}: {error.message}" if key else f"{where}{error.message}")
    with pytest.raises(SiteError):
        list_sites()


def test_a_file_that_is_not_utf8(folder: Path) -> None:
    path = folder / "mine.toml"
    path.write_bytes(HOME.encode() + "title = '某城网'".encode("gbk"))
    with pytest.raises(SiteError, match=r"mine\.toml:2: not UTF-8; allowed: TOML in UTF-8"):
        load_site("mine")


@pytest.mark.parametrize("name", ["Mine", "my city", "-x", "城"])
def test_a_file_whose_name_names_no_site(folder: Path, name: str) -> None:
    with pytest.raises(SiteError, match="its name cannot name a site; allowed: a-z 0-9"):
        load_site(declare(folder, HOME, name))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="cannot be read: No such file"):
        load_site(tmp_path / "none.toml")


def test_a_name_that_is_not_known() -> None:
    with pytest.raises(SiteError, match="no site is named 'cs079'; did you mean cs0799\\? allowed: cs0799, sample"):
        load_site("cs079")


def test_an_xpath_may_hold_regular_expressions() -> None:
    from lxml import html

    tree = html.fromstring("<div><p class='t1'>a</p><p class='u'>b</p></div>")
    assert compile_xpath("string(//p[re:test(@class, '^t')])")(tree) == "a"


def documented(heading: str) -> dict[str, str]:
    """The keys of the table under a heading of docs/sites.md, each with its default."""
    part = DOCS.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    return {row[1]: row[2] for row in re.finditer(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", part, re.MULTILINE)}


def test_the_reference_lists_every_key() -> None:
    assert tuple(documented("## Keys")) == KEYS
    assert tuple(documented("### `[[sections]]`")) == SECTION_KEYS
    assert tuple(documented("### `[schedule]`")) == SCHEDULE_KEYS == tuple(f.name for f in fields(Schedule))
    assert tuple(documented("### `[revisit]`")) == REVISIT_KEYS == tuple(f.name for f in fields(Revisit))
    assert tuple(documented("### `[politeness]`")) == POLITENESS_KEYS == tuple(f.name for f in fields(Politeness))
    listed = DOCS.split("(EXSLT). Fields: ", 1)[1]
    assert tuple(re.findall(r"`(\w+)`", listed)) == OVERRIDES
    assert set(KEYS) == {f.name for f in fields(Site)} - {"path"}


def test_the_reference_tells_the_defaults() -> None:
    said = documented("## Keys")
    for field in fields(Site):
        if isinstance(field.default, bool | int):
            assert said[field.name] == f"`{str(field.default).lower()}`"
        elif isinstance(field.default, str):
            assert said[field.name] == f'`"{field.default}"`'
        elif field.default is MISSING and field.name in ("home",):
            assert said[field.name] == "must be given"


def test_the_references_example_is_right(folder: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", DOCS, re.DOTALL)
    assert example
    site = load_site(declare(folder, example[1]))
    assert site.title == "某城网"
    assert site.excludes_section(["城事资讯", "活动"], site.home)
    assert site.politeness == Politeness(1.5, 2)
