"""A year of two towns' news, made up: what was printed where and when, what was edited, who took it over from whom.

It is the same every time and says nothing of how the archive sees it (see :mod:`analysis_archive`). In it are the
things that an analysis has to find, and those that lead it astray: a flood in July, a school year, photographers with
beats of their own, sections that credit and sections that do not, reprints, articles without a date.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from portalcrawler.sample.generated import FIRST, plain_article
from portalcrawler.sample.spec import CHINA, ArticleSpec, Block, Caption, InnerPage, Picture

HOME, OTHER = "yunxi.example", "qingjiang.example"
"""The hosts of the two portals, and so the names of their sites."""


@dataclass(frozen=True)
class Beat:
    """A section: how many articles a month it has, whose pictures, how many of these have a credit."""

    key: str
    monthly: tuple[int, ...]
    photographers: tuple[str, ...]
    credited: float
    sources: tuple[str, ...]


BEATS = (
    Beat("qinghe", (11, 8, 11, 12, 12, 11, 12, 11, 12, 12, 11, 12), ("简宁", "闻一舟"), 0.9, ("云溪日报", "")),
    Beat("shiliang", (5, 4, 5, 5, 6, 9, 22, 9, 6, 5, 5, 5), ("戚望舒", "简宁"), 0.8, ("云溪日报", "石梁发布")),
    Beat("society", (8, 7, 8, 9, 8, 8, 12, 8, 8, 8, 9, 8), ("岑一", "闻一舟"), 0.35, ("云溪晚报", "江右新闻网", "")),
    Beat("edu", (3, 0, 4, 5, 5, 7, 2, 0, 14, 6, 5, 4), ("穆听澜",), 0.6, ("云溪晚报", "")),
    Beat("sports", (3, 2, 3, 4, 4, 4, 3, 3, 4, 13, 4, 3), ("傅小满", "穆听澜"), 0.75, ("云溪日报", "江右新闻网")),
)
_FLOOD = (
    "入夜以后水位又涨了两尺，洪水离堤顶不到一人高，{who}打着手电巡堤。",
    "沙袋从{spot}一直排到河边，志愿者站成一列，抢险持续了整整一夜。",
    "洪水退去，{spot}留下半人高的淤泥，消防员用水枪冲了三遍。",
    "暴雨预警升到红色，低处的人家连夜转移，安置点设在小学的教室里。",
    "抢险队用沙袋堵住{spot}的管涌，天亮前水位开始回落。",
    "转移来的老人在安置点喝上热粥，{who}守在门口登记名字。",
    "水库泄洪，水位每小时涨一寸，{spot}的渡船停航。",
    "暴雨下到第三天，洪水漫过{spot}，志愿者划着木筏送水送药。",
    "{who}扛着沙袋上堤，说水位不退就不下来。",
    "洪水过处，{spot}的电线杆倒了七根，抢险的电工摸黑接线。",
    "防汛指挥部把{spot}的居民全部转移，{who}最后一个离开。",
)
_RAIN = (
    "暴雨过后，{spot}积水没过脚踝，{who}挽着裤腿推车。",
    "防汛检查走到{spot}，仓库里的沙袋点了两遍。",
    "水位比去年同期高，{who}说船要系得紧些。",
)
_SCHOOL = (
    "开学第一天，{who}领着孩子走进新教室，课本上还有油墨的味道。",
    "校长说，今年的新生比去年多，宿舍添了床位，食堂添了窗口。",
    "老师把作业减了一半，让学生去{spot}量一棵树有多高。",
)
_GAMES = (
    "运动会在{spot}开幕，接力赛跑到最后一棒才分出胜负。",
    "裁判吹响哨子，{who}冲过终点，全场观众站起来鼓掌。",
    "拔河比赛拉断了一根绳子，冠军只好由抽签决定。",
)
_TOPICS = {
    ("shiliang", 6): (_RAIN, "雨季里的石梁之{n}"),
    ("shiliang", 7): (_FLOOD, "石梁县抢险第{n}日"),
    ("society", 7): (_FLOOD, "防汛夜记之{n}"),
    ("edu", 9): (_SCHOOL, "开学见闻之{n}"),
    ("sports", 10): (_GAMES, "运动会侧记之{n}"),
}
_SPOTS = ("老码头", "柳家渡", "文昌里", "晒谷坪", "上河口", "棉纺新村", "回水湾", "南门巷")
_WHO = ("司机老邹", "护士小程", "退伍兵老魏", "船工阿炳", "食堂的胡师傅", "七十岁的郑婆婆")
_SHOWN = ("清晨", "午后", "雨中", "灯下", "人群里", "岸边", "门前", "收工后")


@dataclass(frozen=True)
class Story:
    """An article, where it was printed, and what became of it.

    ``edits``: when which state took the place of the one before. ``dated`` False: its page does not say when.
    """

    site: str
    article: ArticleSpec
    edits: tuple[tuple[datetime, ArticleSpec], ...] = field(default=())
    dated: bool = True

    def at(self, when: datetime) -> ArticleSpec:
        """The article as it was at that time."""
        return [self.article, *(state for since, state in self.edits if since <= when)][-1]


def stories() -> Iterator[Story]:
    """All articles of the year, those of the first portal before those of the second."""
    chance = random.Random("a year of news")  # the same every time
    numbers = iter(range(FIRST, FIRST + 10_000))
    year: list[Story] = []
    for month in range(1, 13):
        for beat in BEATS:
            for n in range(beat.monthly[month - 1]):
                year.append(_story(chance, next(numbers), beat, month, n))
    yield from year
    yield from (_within(chance, next(numbers), one) for one in year if chance.random() < 0.04)
    for one in year:
        if one.article.source and chance.random() < {"云溪日报": 0.3, "云溪晚报": 0.1}.get(one.article.source[0], 0.04):
            yield _elsewhere(chance, next(numbers), one)
    for month in range(1, 13):
        for n in range(3):
            yield replace(_story(chance, next(numbers), BEATS[2], month, n), site=OTHER, edits=())


def _story(chance: random.Random, aid: int, beat: Beat, month: int, n: int) -> Story:
    when = datetime(2023, month, 1, tzinfo=CHINA) + timedelta(minutes=chance.randrange(28 * 24 * 60))
    plain = plain_article(aid, when, beat.key)
    paragraphs = [block for block in plain.pages[0].blocks if block.kind == "p"]
    title = plain.title.partition("（")[0] + ("" if n % 3 else f"，{chance.choice(_SPOTS)}人人称道")
    sentences, heading = _TOPICS.get((beat.key, month), ((), ""))
    if sentences and n % 5:
        title = heading.format(n=n)
        told = [
            text.format(spot=chance.choice(_SPOTS), who=chance.choice(_WHO)) for text in chance.sample(sentences, 3)
        ]
        paragraphs = [*(Block("p", text) for text in told), *paragraphs[1:4]]
    source = chance.choice(beat.sources)
    article = replace(
        plain,
        title=title,
        pages=(InnerPage((*paragraphs[:1], *_photos(chance, beat, aid, when), *paragraphs[1:])),),
        source=(source, None) if source else None,
        views=chance.randrange(40, 4000),
        meta="noviews" if beat.key == "edu" else "stock",
    )
    return Story(HOME, article, _edits(chance, article), dated=chance.random() > 0.015)


def _photos(chance: random.Random, beat: Beat, aid: int, when: datetime) -> list[Block]:
    blocks = []
    for number in range(chance.choice((0, 0, 1, 1, 2, 3))):
        words, credit, names = f"{chance.choice(_SPOTS)}{chance.choice(_SHOWN)}", "", ()
        if chance.random() < beat.credited:
            names = (beat.photographers[0] if chance.random() < 0.65 else beat.photographers[-1],)
            if chance.random() < 0.1:
                names = (*names, chance.choice([one for one in ("傅小满", "岑一", "闻一舟") if one not in names]))
            credit = f"记者 {'、'.join(names)} 摄"
            if chance.random() < 0.12:
                credit, names = "受访者供图", ()
        caption = Caption(words, credit, "{c}（{k}）" if credit else "{c}", names=names)
        url = f"data/attachment/portal/{when:%Y%m/%d/%H%M%S}y{aid}n{number}.jpg"
        blocks.append(Block("photo", pictures=(Picture(url, caption, "after"),)))
    return blocks


def _edits(chance: random.Random, article: ArticleSpec) -> tuple[tuple[datetime, ArticleSpec], ...]:
    """Most articles stay; crime and accidents are put right soon, pages of the town late."""
    share, hours = {"society": (0.4, 3), "shiliang": (0.25, 10)}.get(article.section, (0.12, 40))
    edits, when, state = [], article.published, article
    while chance.random() < share and len(edits) < 3:
        when += timedelta(hours=chance.lognormvariate(0, 1) * hours)
        state = _edited(chance, state, len(edits) + 1)
        edits.append((when, state))
    return tuple(edits)


def _edited(chance: random.Random, article: ArticleSpec, number: int) -> ArticleSpec:
    if chance.random() < 0.3:
        return replace(article, title=f"{article.title.partition('（')[0]}（更新{number}）")
    *pages, last = article.pages
    added = Block("p", f"更正：文中第{chance.randrange(2, 9)}处数字有误，编辑部向读者致歉。")
    return replace(article, pages=(*pages, replace(last, blocks=(*last.blocks, added))))


def _within(chance: random.Random, aid: int, story: Story) -> Story:
    """The same article once more, in another section of the same portal: its pictures too."""
    later = story.article.published + timedelta(hours=chance.randrange(3, 30))
    return Story(story.site, replace(story.article, aid=aid, section="city", published=later))


def _elsewhere(chance: random.Random, aid: int, story: Story) -> Story:
    """The same article on the other portal, its last paragraph left out."""
    *pages, last = story.article.pages
    blocks = last.blocks[:-1] if len(last.blocks) > 4 else last.blocks
    later = story.article.published + timedelta(hours=chance.lognormvariate(3, 0.6))
    article = replace(story.article, aid=aid, section="society", published=later.replace(second=0, microsecond=0))
    return Story(OTHER, replace(article, pages=(*pages, replace(last, blocks=blocks)), views=chance.randrange(900)))
