from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portalcrawler.normalize.dates import parse_datetime, parse_zone

CN = timezone(timedelta(hours=8))
NOW = datetime(2024, 3, 1, 15, 30, 20, 5, tzinfo=UTC)  # 23:30 in China, a day after the 29th of February


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019-12-16 11:08", "2019-12-16T11:08:00+08:00"),
        ("2020-4-12 5:02", "2020-04-12T05:02:00+08:00"),
        ("2019-12-16", "2019-12-16T00:00:00+08:00"),
        ("2019-12-16 11:08:30", "2019-12-16T11:08:30+08:00"),
        ("2019年12月16日 11:08", "2019-12-16T11:08:00+08:00"),
        ("2019年12月16日11时08分", "2019-12-16T11:08:00+08:00"),
        ("2019年12月16日11时08分09秒", "2019-12-16T11:08:09+08:00"),
        ("2019年12月16日", "2019-12-16T00:00:00+08:00"),
        ("2019 年 12 月 6 日", "2019-12-06T00:00:00+08:00"),
        ("2019/12/16 11:08:30", "2019-12-16T11:08:30+08:00"),
        ("2019.12.16", "2019-12-16T00:00:00+08:00"),
        ("２０１９－１２－１６　１１：０８", "2019-12-16T11:08:00+08:00"),
        ("2019-12-16\xa0\xa011:08", "2019-12-16T11:08:00+08:00"),
        ("2019-12-16 星期一 11:08", "2019-12-16T11:08:00+08:00"),
        ("2019年12月16日（星期一）上午9:05", "2019-12-16T09:05:00+08:00"),
        ("2019-12-16 下午 3:05", "2019-12-16T15:05:00+08:00"),
        ("2019-12-16 下午15:05", "2019-12-16T15:05:00+08:00"),
        ("2019-12-16 下午12:05", "2019-12-16T12:05:00+08:00"),
        ("2019年2月3日晚上8点", "2019-02-03T20:00:00+08:00"),
        ("2019-12-16 凌晨12:30", "2019-12-16T00:30:00+08:00"),
        ("2019-12-16 中午1:20", "2019-12-16T13:20:00+08:00"),
        ("2019-12-16 12:30 AM", "2019-12-16T00:30:00+08:00"),
        ("2019-12-16 3:05 PM", "2019-12-16T15:05:00+08:00"),
        ("2019-12-16T03:08:00Z", "2019-12-16T11:08:00+08:00"),
        ("2019-12-16T11:08:00", "2019-12-16T11:08:00+08:00"),
        ("2019-12-16T11:08:00+08:00", "2019-12-16T11:08:00+08:00"),
        ("2019-12-16T11:08:00.123+0900", "2019-12-16T10:08:00+08:00"),
        ("2019-12-16 20:30 GMT", "2019-12-17T04:30:00+08:00"),
        ("Mon, 16 Dec 2019 20:08:00 GMT", "2019-12-17T04:08:00+08:00"),
        ("Mon, 16 Dec 2019 03:08:00 +0800", "2019-12-16T03:08:00+08:00"),
        ("16 Dec 2019 03:08 +0000", "2019-12-16T11:08:00+08:00"),
        ("发布时间：2019-12-16 11:08 来源：某某网", "2019-12-16T11:08:00+08:00"),
        ("2019-12-16 11:08| 发布者: 小编| 查看: 199", "2019-12-16T11:08:00+08:00"),
        ("2019-12-16 11:08 更新于 2020-01-02 10:00", "2019-12-16T11:08:00+08:00"),
        ("11:08 2019-12-16", "2019-12-16T11:08:00+08:00"),
        ("2019-12-16 99人围观", "2019-12-16T00:00:00+08:00"),
        ("2020-02-29", "2020-02-29T00:00:00+08:00"),
    ],
)
def test_a_printed_time_is_read(text: str, expected: str) -> None:
    found = parse_datetime(text, CN)
    assert found is not None
    assert found.isoformat() == expected
    assert found.tzinfo is not None
    assert parse_datetime(text, CN, NOW) == found  # a time that says all of itself counts from nowhere


@pytest.mark.parametrize(
    "text",
    [
        "",
        "　",
        "12-16",
        "12-16 11:08",
        "12月16日",
        "19-12-16",
        "19年12月16日",
        "2019-12",
        "20191216",
        "2019-02-30",
        "0001-01-01 00:00",
        "2019-02-29",
        "2019-13-01",
        "2019-00-10",
        "0000-01-01",
        "2019-12-16 25:10",
        "2019-12-16 24:00",
        "2019-12-16 11:60",
        "2019-12-16 11:083",
        "2019-12-16 晚上12:30",
        "2019-12-16 晚上1:30",
        "2019-12-16 上午12:00",
        "2019-12-16T11:08:00+25:00",
        "Mon, 16 Dec 2019 03:08:00 XYZ",
        "Mon, 32 Dec 2019 03:08:00 GMT",
        "16 Dec 19 03:08:00 GMT",
        "0799-2019-12-16",
        "/html/2019/12/16/1.html",
        "2019-12/16",
        "0001-01-01T00:00:00+14:00",
        "九月的一天",
    ],
)
def test_what_is_no_whole_time_is_not_guessed(text: str) -> None:
    assert parse_datetime(text, CN) is None
    assert parse_datetime(text, CN, NOW) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("昨天 06:13", "2024-02-29T06:13:00+08:00"),
        ("昨天\xa006:13", "2024-02-29T06:13:00+08:00"),
        ("前天 12:01", "2024-02-28T12:01:00+08:00"),
        ("今天 08:00", "2024-03-01T08:00:00+08:00"),
        ("3\xa0天前", "2024-02-27T00:00:00+08:00"),
        ("三天前", "2024-02-27T00:00:00+08:00"),
        ("发布于 3 天前 12:01", "2024-02-27T12:01:00+08:00"),
        ("半小时前", "2024-03-01T23:00:00+08:00"),
        ("半個小時前", "2024-03-01T23:00:00+08:00"),
        ("两小时前", "2024-03-01T21:30:00+08:00"),
        ("24 小时前", "2024-02-29T23:30:00+08:00"),
        ("5 分钟前", "2024-03-01T23:25:00+08:00"),
        ("30秒前", "2024-03-01T23:29:00+08:00"),
        ("刚刚", "2024-03-01T23:30:00+08:00"),
        ("剛剛", "2024-03-01T23:30:00+08:00"),
        ("昨天", "2024-02-29T00:00:00+08:00"),
    ],
)
def test_a_relative_time_counts_from_now_in_the_portals_zone(text: str, expected: str) -> None:
    found = parse_datetime(text, CN, NOW)
    assert found is not None
    assert found.isoformat() == expected
    assert parse_datetime(text, CN) is None


@pytest.mark.parametrize("text", ["半天前", "十五分钟前", "1.5 小时前", "2 个月前", "1 周前", "昨天 26:13"])
def test_a_relative_time_that_is_vague_or_unknown_is_not_guessed(text: str) -> None:
    assert parse_datetime(text, CN, NOW) is None


def test_a_named_zone_keeps_its_own_rules() -> None:
    urumqi = parse_zone("Asia/Urumqi")
    assert parse_datetime("2019-12-16 11:08", urumqi) == datetime(2019, 12, 16, 5, 8, tzinfo=UTC)
    assert parse_datetime("2019-12-16T11:08:00+08:00", urumqi) == datetime(2019, 12, 16, 3, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("+08:00", 8), ("+0800", 8), ("+8", 8), ("UTC+8", 8), ("gmt-03:30", -3.5), ("Z", 0), ("UTC", 0), ("+14", 14)],
)
def test_an_offset_is_a_zone(text: str, hours: float) -> None:
    assert datetime(2020, 1, 1, tzinfo=parse_zone(text)).utcoffset() == timedelta(hours=hours)


def test_a_name_is_a_zone() -> None:
    assert parse_zone("Asia/Shanghai") == ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("text", ["", "+15:00", "+08:60", "8", "CST8", "Mars/Phobos", "../passwd", "Asia", "\0"])
def test_no_zone(text: str) -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        parse_zone(text)


@given(st.text(st.sampled_from("0123456789-/.年月日时分秒前天昨刚小半上下午晚 :T+Z|九十"), max_size=30))
def test_any_text_gives_an_aware_time_or_none(text: str) -> None:
    found = parse_datetime(text, CN, NOW)
    assert found is None or found.utcoffset() == timedelta(hours=8)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)))
def test_every_minute_is_read_back(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0, tzinfo=CN)
    stock = f"{moment.year}-{moment.month}-{moment.day} {moment.hour}:{moment.minute:02}"
    for text in (stock, moment.isoformat(), f"{moment:%Y年%m月%d日%H时%M分}", moment.astimezone(UTC).isoformat()):
        assert parse_datetime(text, CN) == moment
