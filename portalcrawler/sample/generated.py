"""Plain articles by number: as many as are asked for, each made when it is needed and the same every time."""

from __future__ import annotations

from datetime import datetime, timedelta

from .spec import CHINA, ArticleSpec, Block, Caption, InnerPage, Picture

FIRST = 100_001
"""The number of the first plain article; all below are declared in ``content/``."""

_START = datetime(2020, 1, 1, 6, 0, tzinfo=CHINA)
_PLACES = (
    "平岗镇",
    "柳家渡",
    "大塘乡",
    "棉纺新村",
    "老码头",
    "石梁顶",
    "回水湾",
    "晒谷坪",
    "文昌里",
    "上河口",
    "南门巷",
)
_DEEDS = (
    "修好了村口的水泵",
    "办起了露天电影",
    "给老桥加了护栏",
    "开出了早班渡船",
    "收完了最后一垄红薯",
    "挂起了防汛的铜锣",
    "补种了三百棵桑树",
)
_PEOPLE = ("乔知远", "闻一舟", "傅小满", "简宁", "岑一", "戚望舒", "白若溪", "欧阳砚秋", "上官映雪", "穆听澜")
_VOICES = (
    "“从前要走两个钟头，如今一袋烟的工夫。”一位老人说，他把手搭在眼睛上，看了很久。",
    "账本就挂在墙上，谁出了工，谁出了料，一笔一笔写得清楚。",
    "夜里下了雨，第二天一早，石板路上全是脚印，孩子们比着谁的脚印更深。",
    "负责人说，下一步先把路灯修亮，再把坏了的台阶补齐，其余的事慢慢来。",
    "记者离开的时候，灶上的水刚好烧开，主人一定要客人喝了茶再走。",
    "据统计，今年以来当地已经办成了四十一件这样的小事，平均每周不到一件，却件件有人记得。",
)


def _pick(words: tuple[str, ...], aid: int, salt: int) -> str:
    return words[(aid * 2_654_435_761 + salt * 40_503) % 4_294_967_291 % len(words)]


def published(aid: int) -> datetime:
    """When a plain article came out: one every 97 minutes, so numbers and times run together."""
    return _START + timedelta(minutes=97 * (aid - FIRST))


def plain_article(aid: int, when: datetime | None = None, section: str = "rolling") -> ArticleSpec:
    """The plain article of this number: four to eight paragraphs; odd ones have a photo with its credit.

    ``when`` it came out, if not as :func:`published` says; ``section``: the key of the section that it stands in.
    """
    place, deed, name = _pick(_PLACES, aid, 1), _pick(_DEEDS, aid, 2), _pick(_PEOPLE, aid, 3)
    when = when or published(aid)
    lead = f"{when.month}月{when.day}日，{place}{deed}，这是当地今年的第{aid % 365 + 1}件新鲜事。"
    blocks = [Block("p", lead)]
    if aid % 2:
        caption = Caption(f"{place}一景", f"记者 {name} 摄", "{c}（{k}）", role="记者", names=(name,))
        url = f"data/attachment/portal/{when:%Y%m/%d/%H%M%S}g{aid}.jpg"
        blocks.append(Block("photo", pictures=(Picture(url, caption, "after"),)))
    blocks += [Block("p", f"{_pick(_VOICES, aid, 4 + i)}（{aid}之{i + 1}）") for i in range(3 + aid % 5)]
    return ArticleSpec(
        aid=aid,
        section=section,
        title=f"{place}{deed}（{aid}）",
        published=when,
        pages=(InnerPage(tuple(blocks)),),
        summary=lead,
        source=("云溪日报", None) if aid % 3 else None,
        views=aid * 37 % 9001,
        reactions=(aid % 4, 0, 0, aid % 2, 0),
    )
