"""Invented articles for the copies benchmark: pairs that are one article printed twice, and pairs that are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "青禾晚晴柏舟知远若兰明远子墨书瑶景行云帆思齐望舒怀瑾清和南星北辰"
_TOWNS = [
    "青石镇",
    "白鹭镇",
    "南塘乡",
    "竹溪村",
    "荷田镇",
    "松岭乡",
    "长桥镇",
    "泉塘村",
    "石湾街",
    "枫林镇",
    "柳河乡",
    "双溪镇",
]
_OFFICES = [
    "水务局",
    "文化馆",
    "交通局",
    "供电所",
    "卫生院",
    "图书馆",
    "农技站",
    "消防队",
    "环卫所",
    "林业站",
    "社区居委会",
    "志愿者协会",
]
_THINGS = [
    "读书会",
    "修桥工程",
    "管网改造",
    "油茶种植",
    "老街改造",
    "安全检查",
    "健康讲座",
    "夜市整治",
    "校车线路",
    "河道清淤",
    "龙舟训练",
    "非遗展览",
    "垃圾分类",
    "路灯安装",
    "稻田养鱼",
    "义务植树",
    "公交调整",
    "停车场建设",
    "旧书交换",
    "农产品直播",
]
_WORDS = [
    "居民",
    "院子",
    "清晨",
    "雨水",
    "沿街",
    "商铺",
    "围墙",
    "台阶",
    "账本",
    "木匠",
    "渡口",
    "凉亭",
    "货车",
    "菜地",
    "水渠",
    "山坡",
    "祠堂",
    "戏台",
    "手艺",
    "学徒",
    "收成",
    "门牌",
    "邻居",
    "茶馆",
    "黄昏",
    "石板路",
    "自行车",
    "广播",
    "算盘",
    "灶台",
    "竹篮",
    "油纸伞",
    "码头",
    "仓库",
    "晒谷场",
    "老井",
    "新房",
    "屋檐",
    "灯笼",
    "集市",
]
_VERBS = [
    "说起",
    "记下",
    "修好",
    "带来",
    "绕过",
    "搬走",
    "守着",
    "谈到",
    "想到",
    "整理",
    "清点",
    "刷新",
    "拆掉",
    "留下",
    "铺平",
    "接通",
    "看中",
    "借来",
    "种下",
    "送到",
]
_SHAPES = (
    "{who}在{place}的{w}旁{v}{w}，{w}和{w}都还在原来的地方。",
    "“以前{w}离{w}有{n}里路，现在{v}{w}只要{m}分钟。”{who}说。",
    "{place}的{thing}从{month}月开始，先后{v}{n}处{w}，{v}{m}户{w}的{w}。",
    "走进{place}，{w}边的{w}刚刚{v}，{who}正忙着{v}{w}。",
    "按照{office}的安排，{thing}分{d}步走，{w}、{w}和{w}排在前面。",
    "{who}今年{m}岁，做{w}已有{d}年，{v}的{w}不下{n}件。",
    "为了{thing}，{office}请来{d}位懂{w}的师傅，把{w}一件件{v}。",
    "雨停以后，{w}上积了水，{who}带着{d}个人{v}{w}，一直忙到{w}收摊。",
    "这笔账并不难算：{n}元的{w}，{m}天就能{v}，剩下的{w}归{place}所有。",
    "也有人担心{w}，{who}的回答是先{v}{w}，再{v}{w}。",
    "{office}的{who}翻开{w}，里面夹着{d}张{w}的照片，最早的一张拍于{year}年。",
    "到{month}月底，{place}已经{v}{n}米{w}，比去年多{m}米。",
)
_RIGHTS = (
    "免责声明：本站部分内容来自网络，转载目的在于传递更多信息，并不代表本站赞同其观点，如有侵权请与本站联系删除。",
    "声明：本文版权归原作者所有，未经书面授权任何单位和个人不得转载、摘编或以其他方式使用，违者将依法追究责任。",
)
_CLOSING = "编辑：沈知远\n校对：何若兰\n审核：许望舒"


@dataclass(frozen=True, slots=True)
class Text:
    """A title and the paragraphs below it."""

    title: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class Case:
    """Two articles, and whether they are one."""

    kind: str
    first: Text
    second: Text
    copy: bool


def cases(seed: int, rounds: int) -> Iterator[Case]:
    """Every kind of case, ``rounds`` times; the same for the same seed."""
    for number in range(rounds):
        for kind, make in _COPIES.items():
            random = Random(f"{seed} {number} {kind}")
            first = report(random)
            yield Case(kind, first, make(random, first), True)
        for kind, pair in _OTHERS.items():
            random = Random(f"{seed} {number} {kind}")
            yield Case(kind, *pair(random), False)


def report(random: Random) -> Text:
    """A piece of news of some 300 to 1,300 characters."""
    place, thing = random.choice(_TOWNS), random.choice(_THINGS)
    sentences = [_sentence(random, place, thing) for _ in range(random.randint(8, 34))]
    step = random.randint(2, 4)
    paragraphs = tuple("".join(sentences[at : at + step]) for at in range(0, len(sentences), step))
    return Text(
        random.choice((f"{place}{thing}有了新进展", f"{thing}来到{place}", f"{place}：{thing}见闻")), paragraphs
    )


def edited(random: Random, text: str, share: float, span: int = 1) -> str:
    """The text with about this share of its characters replaced, left out or doubled up, ``span`` at a time."""
    out, at, pool = [], 0, "".join(_WORDS)
    while at < len(text):
        if random.random() >= share / span or text[at] == "\n":
            out.append(text[at])
            at += 1
            continue
        new = "".join(random.choice(pool) for _ in range(span))
        out.append(random.choice((new, new, "", new + text[at : at + span])))
        at += span
    return "".join(out)


def _sentence(random: Random, place: str, thing: str) -> str:
    shape = random.choice(_SHAPES)
    for slot, make in _SLOTS.items():
        while slot in shape:
            shape = shape.replace(slot, make(random), 1)
    return shape.replace("{place}", place).replace("{thing}", thing)


def _name(random: Random) -> str:
    at = 2 * random.randrange(len(_GIVEN) // 2)
    return random.choice(_SURNAMES) + _GIVEN[at : at + 2]


_SLOTS: dict[str, Callable[[Random], str]] = {
    "{who}": _name,
    "{office}": lambda r: r.choice(_OFFICES),
    "{w}": lambda r: r.choice(_WORDS),
    "{v}": lambda r: r.choice(_VERBS),
    "{n}": lambda r: str(r.randint(100, 9000)),
    "{m}": lambda r: str(r.randint(12, 90)),
    "{d}": lambda r: str(r.randint(2, 9)),
    "{month}": lambda r: str(r.randint(1, 12)),
    "{year}": lambda r: str(r.randint(1970, 2015)),
}


def _edit(share: float, span: int) -> Callable[[Random, Text], Text]:
    return lambda random, text: Text(text.title, tuple(edited(random, p, share, span) for p in text.paragraphs))


def _header(random: Random, text: Text) -> Text:
    lead = f"本报讯 记者{_name(random)}、通讯员{_name(random)}从{random.choice(_OFFICES)}获悉，"
    return Text(f"【关注】{text.title}", (lead + text.paragraphs[0], *text.paragraphs[1:]))


def _other_title(random: Random, text: Text) -> Text:
    return Text(f"{random.choice(_WORDS)}边的{random.choice(_WORDS)}", text.paragraphs)


def _caption(random: Random, text: Text) -> Text:
    at = random.randrange(len(text.paragraphs))
    line = f"图为{random.choice(_WORDS)}旁的{random.choice(_WORDS)}。{_name(random)} 摄"
    return Text(text.title, (*text.paragraphs[:at], line, *text.paragraphs[at:]))


def _cut(random: Random, text: Text) -> Text:
    at = random.randrange(len(text.paragraphs))
    return Text(text.title, text.paragraphs[:at] + text.paragraphs[at + 1 :])


def _moved(random: Random, text: Text) -> Text:
    return Text(text.title, tuple(random.sample(text.paragraphs, len(text.paragraphs))))


def _imprint(random: Random, text: Text) -> Text:
    return Text(text.title, (*text.paragraphs, "来源：荷田日报", _CLOSING, random.choice(_RIGHTS)))


def _all_of_it(random: Random, text: Text) -> Text:
    return _header(random, _caption(random, _cut(random, _edit(0.05, 2)(random, text))))


_COPIES: dict[str, Callable[[Random, Text], Text]] = {
    "the same": lambda _, text: text,
    "5 % of the characters edited, one at a time": _edit(0.05, 1),
    "5 % edited, three at a time": _edit(0.05, 3),
    "10 % edited, one at a time": _edit(0.1, 1),
    "10 % edited, three at a time": _edit(0.1, 3),
    "20 % edited, three at a time": _edit(0.2, 3),
    "another header": _header,
    "another title": _other_title,
    "a caption more": _caption,
    "one paragraph cut": _cut,
    "paragraphs in another order": _moved,
    "imprint and disclaimer added": _imprint,
    "header, caption, a paragraph cut, 5 % edited": _all_of_it,
}


def _unrelated(random: Random) -> tuple[Text, Text]:
    return report(random), report(random)


def _same_town(random: Random) -> tuple[Text, Text]:
    first = report(random)
    return first, replace(report(random), title=first.title)


def _closings(random: Random) -> tuple[Text, Text]:
    def short() -> Text:
        text = report(random)
        lines = (text.paragraphs[0], random.choice(_RIGHTS[:1]), _CLOSING, f"扫码关注{_TOWNS[0]}公众号，了解更多新闻")
        return Text(text.title, lines)

    return short(), short()


def _only_closings(random: Random) -> tuple[Text, Text]:
    lines = (*_RIGHTS, _CLOSING)
    return Text(f"{random.choice(_TOWNS)}影像", lines), Text(f"{random.choice(_THINGS)}掠影", lines)


def _two_writers(random: Random) -> tuple[Text, Text]:
    place, thing, office = random.choice(_TOWNS), random.choice(_THINGS), random.choice(_OFFICES)
    who, other = _name(random), _name(random)
    day, count, sum_, old = (
        random.randint(1, 28),
        random.randint(20, 900),
        random.randint(10, 90),
        random.randint(60, 90),
    )
    quote = f"“{random.choice(_WORDS)}和{random.choice(_WORDS)}都照顾到了，大家心里踏实。”"
    first = (
        f"{day}日上午，{place}{thing}正式启动，{count}名{random.choice(_WORDS)}旁的居民到场。",
        f"活动由{office}主办，计划投入{sum_}万元，年底前完成。",
        f"{quote}{old}岁的{who}一边看图纸一边说。",
        f"{office}负责人{other}介绍，接下来还要修整{random.choice(_WORDS)}和{random.choice(_WORDS)}。",
        _sentence(random, place, thing),
        _sentence(random, place, thing),
    )
    second = (
        f"“盼了好些年，总算等到了。”看着眼前的场面，家住{place}的{who}老人有些激动，他今年{old}岁。",
        f"记者{day}日从{office}了解到，{place}的{thing}已经动工，总投资{sum_}万元，当天参加仪式的群众有{count}人。",
        f"{other}是{office}的负责人，他告诉记者，工程预计年底收尾。",
        f"谈到今后的打算，{who}说：{quote}",
        _sentence(random, place, thing),
        _sentence(random, place, thing),
    )
    return Text(f"{place}{thing}正式启动", first), Text(f"{place}启动{thing}", second)


def _weather(random: Random) -> tuple[Text, Text]:
    def notice() -> Text:
        month, day = random.randint(1, 12), random.randint(1, 27)
        skies = ["多云", "阴天", "小雨", "晴天", "阵雨", "大雾", "中雨"]
        low = random.randint(0, 24)
        return Text(
            random.choice((f"{month}月{day}日天气预报", "今日天气预报")),
            (
                f"荷田市气象台{month}月{day}日17时发布天气预报：",
                f"今天夜里到明天白天，全市{random.choice(skies)}转{random.choice(skies)}，偏{random.choice('东南西北')}风"
                f"{random.randint(1, 3)}到{random.randint(4, 5)}级，最低气温{low}度，"
                f"最高气温{low + random.randint(4, 12)}度，"
                f"相对湿度{random.randint(40, 95)}%。",
                f"后天{random.choice(skies)}，气温{low}到{low + 9}度；"
                f"大后天{random.choice(skies)}，气温{low - 1}到{low + 7}度。",
                "气象部门提醒：早晚温差较大，请市民注意增减衣物，外出注意交通安全，老人和儿童应尽量减少早晚外出。",
            ),
        )

    return notice(), notice()


def _prices(random: Random) -> tuple[Text, Text]:
    goods = [
        "白菜",
        "萝卜",
        "土豆",
        "茄子",
        "豆角",
        "黄瓜",
        "辣椒",
        "西红柿",
        "冬瓜",
        "莲藕",
        "猪肉",
        "鸡蛋",
        "草鱼",
        "鲫鱼",
        "大米",
        "菜油",
        "豆腐",
        "生姜",
        "大蒜",
        "香菇",
    ]
    prices = {good: random.randint(10, 300) for good in goods}
    title = random.choice(("本周菜价", "一周农贸市场价格行情", "菜篮子价格"))

    def listed(week: int) -> Text:
        lines = [f"{good}：每斤{price / 10:.1f}元" for good, price in prices.items()]
        lead = f"荷田市物价监测站发布第{week}周主要农副产品零售价格，数据采自城区四家农贸市场："
        closing = "总体来看市场供应充足，价格总水平保持平稳，监测站将继续关注后期走势。"
        return Text(title, (lead, *lines, closing))

    week = random.randint(1, 50)
    first = listed(week)
    # In some weeks few prices move.
    for good in random.sample(goods, random.randint(2, 20)):
        prices[good] += random.choice((-1, 1)) * random.randint(1, 9)
    return first, listed(week + 1)


def _vacancies(random: Random) -> tuple[Text, Text]:
    jobs = [
        "出纳",
        "保安",
        "司机",
        "店长",
        "电工",
        "焊工",
        "文员",
        "客服",
        "会计",
        "护士",
        "厨师",
        "收银员",
        "仓管员",
        "业务员",
        "质检员",
        "讲解员",
    ]

    def notice() -> Text:
        company = f"荷田{random.choice(_WORDS)}{random.choice(_WORDS)}有限公司"
        wanted = random.sample(jobs, 3)
        lines = [
            f"岗位{number}：{job}{random.randint(1, 9)}名，年龄{random.randint(30, 50)}岁以下，"
            f"月薪{random.randint(30, 90)}00元。"
            for number, job in enumerate(wanted, 1)
        ]
        return Text(
            f"{company}招聘启事",
            (
                f"因业务发展需要，{company}面向社会公开招聘工作人员，现将有关事项公告如下：",
                *lines,
                "应聘条件：遵守国家法律法规，品行端正，身体健康，具有良好的职业道德和团队合作精神，服从公司安排。",
                "福利待遇：签订劳动合同，缴纳社会保险，享受法定节假日、带薪年假、节日慰问和年终奖金。",
                f"报名方式：请携带身份证、学历证书原件及复印件到公司人事部报名，联系人{_name(random)}，"
                f"电话0799-{random.randint(2000000, 7999999)}。",
            ),
        )

    return notice(), notice()


def _appointments(random: Random) -> tuple[Text, Text]:
    first = _name(random)
    second = next(name for name in iter(lambda: _name(random), "") if name != first)

    def notice(who: str) -> Text:
        return Text(
            f"关于{who}同志任职前公示",
            (
                f"根据有关规定，现将{who}同志的情况予以公示，接受社会监督。",
                f"{who}，{random.choice('男女')}，现任{random.choice(_TOWNS)}{random.choice(_OFFICES)}干部，拟任"
                f"{random.choice(_OFFICES)}副职。",
                "公示期间，干部群众可通过来信、来访、来电等形式反映公示对象的问题，反映问题要实事求是，以单位名义反映的应加盖公章，"
                "以个人名义反映的提倡署报本人真实姓名，以便核实和反馈。",
            ),
        )

    return notice(first), notice(second)


def _column(random: Random) -> tuple[Text, Text]:
    standing = (
        "每天清晨，我们从读者寄来的文字里挑出一段，陪你吃完早饭、走到车站。如果你也有想说的话，请写在纸上寄到编辑部，或者发到栏目邮箱，",
        "附上你的名字和住址，刊出以后会收到一本小小的纪念册。栏目由本报和荷田广播共同制作，早上七点在电台播出，晚上八点重播，",
        "往期内容可以在报社一楼的阅览室里翻看，周末也开门，欢迎带着孩子来坐一坐，听听窗外的鸟叫，翻翻从前的日子。",
    )[: random.randint(2, 3)]

    def piece() -> Text:
        words = "".join(
            _sentence(random, random.choice(_TOWNS), random.choice(_THINGS)) for _ in range(random.randint(1, 2))
        )
        return Text("荷田早安", (words, *standing))

    return piece(), piece()


def _digest(random: Random) -> tuple[Text, Text]:
    brief, *others = (report(random) for _ in range(3))
    parts = [paragraph for text in (others[0], brief, others[1]) for paragraph in text.paragraphs]
    return replace(brief, paragraphs=brief.paragraphs[:2]), Text("一周要闻回顾", tuple(parts))


_OTHERS: dict[str, Callable[[Random], tuple[Text, Text]]] = {
    "unrelated": _unrelated,
    "unrelated, the same title": _same_town,
    "short, the same closing lines": _closings,
    "closing lines only": _only_closings,
    "two writers on one event": _two_writers,
    "weather notices": _weather,
    "weekly price lists": _prices,
    "vacancies": _vacancies,
    "appointments": _appointments,
    "a column's standing title and words": _column,
    "a brief and a digest that quotes it": _digest,
}
