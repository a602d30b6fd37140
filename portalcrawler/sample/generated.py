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
# Enough of them, and short enough, that articles are no more alike than reports from one town are.
_SENTENCES = (
    "“从前去{spot}要走{n}分钟，如今一袋烟的工夫。”{who}说，他把{thing}搭在肩上，看了很久。",
    "账本挂在{spot}，{who}出了{n}个工，{other}出了{thing}，一笔一笔写得清楚。",
    "夜里下了雨，第二天一早，{spot}全是脚印，孩子们抬着{thing}，比谁的更深。",
    "{who}盘算着，先把{spot}修亮，再把{thing}补齐，{other}的事慢慢来。",
    "客人要走的时候，{who}的水刚好烧开，{spot}摆着{thing}，一定要喝了茶再动身。",
    "到{month}月为止，{spot}添了{n}件{thing}，平均下来不算多，却件件有人记得。",
    "{other}在{spot}守了{n}年，经手的{thing}，闭着眼也摸得出新旧。",
    "没有人催，{who}自己扛来{thing}，{spot}的灯亮到后半夜。",
    "问起{thing}的来历，{other}笑而不答，只指了指{spot}。",
    "一场大雾过后，{spot}热闹起来，卖{thing}的占了半边，{who}也在其中。",
    "按老规矩，{month}月里不动{thing}，{who}偏不信，拉着{other}就上了{spot}。",
    "{n}斤{thing}，三户人家平分，剩下的留在{spot}，谁用谁取。",
    "{who}翻出一张旧照片：{spot}还是土路，{other}怀里抱着{thing}。",
    "风大的日子，{thing}收进{spot}，{other}数了两遍，少了{n}个。",
    "学校放了假，{spot}成了孩子的天下，{who}教他们认{thing}。",
    "有了{thing}，{other}每天省下{n}里路，可以在{spot}多坐一会儿。",
    "争了半日，{who}和{other}各让一步：{thing}归公，{spot}轮流打扫。",
    "最难的是{month}月，{spot}断了路，{n}件{thing}全靠肩膀挑过去。",
)
_SPOTS = (
    "村口",
    "石阶上",
    "祠堂里",
    "渡船头",
    "打谷场",
    "西边山坳",
    "水磨坊",
    "三岔路",
    "老樟树下",
    "灶间",
    "榨油坊",
    "河埠头",
    "菜园边",
    "小学操场",
    "茶亭",
    "竹林深处",
    "南墙根",
    "豆腐铺",
    "供销社",
    "桥洞底下",
    "卫生室门前",
    "塘坝",
    "阁楼",
    "晾纸房",
)
_THINGS = (
    "蓑衣",
    "木桶",
    "铜壶",
    "油灯",
    "箩筐",
    "麻绳",
    "瓦片",
    "犁头",
    "渔网",
    "风车",
    "草鞋",
    "算盘",
    "米筛",
    "扁担",
    "纸伞",
    "石磨",
    "棉被",
    "竹椅",
    "砚台",
    "锣鼓",
    "木梯",
    "陶罐",
    "桐油",
    "蚕匾",
    "船桨",
    "秤砣",
    "豆种",
    "柴刀",
    "蜂箱",
    "水车",
)
_WHO = (
    "木匠老卢",
    "船工阿炳",
    "教书的温先生",
    "篾匠一家",
    "裁缝季嫂",
    "守林人",
    "摆渡的叶伯",
    "放鸭的小邱",
    "铁匠师徒",
    "豆腐娘子",
    "邮差老骆",
    "养蜂人",
    "会计阿章",
    "染坊掌柜",
    "石匠严三",
    "兽医老邬",
    "看闸的汤叔",
    "赤脚医生",
    "木偶班主",
    "挑货郎",
)


def _pick(words: tuple[str, ...], aid: int, salt: int) -> str:
    return words[_number(aid, salt) % len(words)]


def _number(aid: int, salt: int) -> int:
    """Between 0 and 2 to the 32nd, as if by chance and the same every time."""
    mixed = (aid * 2_654_435_761 + salt * 2_246_822_519) & 0xFFFFFFFF
    mixed = ((mixed ^ mixed >> 15) * 0x2C1B3C6D) & 0xFFFFFFFF
    mixed = ((mixed ^ mixed >> 12) * 0x297A2D39) & 0xFFFFFFFF
    return mixed ^ mixed >> 15


def _sentence(aid: int, place: int) -> str:
    salt = 10 * (place + 1)
    words = {
        "spot": _pick(_SPOTS, aid, salt + 1),
        "thing": _pick(_THINGS, aid, salt + 2),
        "who": _pick(_WHO, aid, salt + 3),
        "other": _pick(_WHO, aid, salt + 4),
        "n": 2 + _number(aid, salt + 5) % 97,
        "month": 1 + _number(aid, salt + 6) % 12,
    }
    return _pick(_SENTENCES, aid, salt).format_map(words)


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
    for i in range(3 + aid % 5):
        blocks.append(Block("p", f"{_sentence(aid, 2 * i)}{_sentence(aid, 2 * i + 1)}（{aid}之{i + 1}）"))
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
