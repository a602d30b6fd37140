"""Names of persons, as Chinese newspapers print them.

Nothing in the writing tells 田秋 from 田间, so a reading has a degree: how sure a word must look depends on what
stands around it (behind 记者 almost anything is a name, behind 图： only what can hardly be a word).
"""

from __future__ import annotations

import re
from enum import IntEnum

HAN = "\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\U00020000-\\U000323af〇々"
"""Chinese characters, the rare ones included, for use inside a regular expression's brackets."""

DOTS = "·•・‧．･∙⋅·"
"""The dots between the parts of a minority's or a foreigner's name."""

GAP = "\0"
"""Stands where something was taken out of a text (a date, a bracket, an agency). No name is read across it."""


class Degree(IntEnum):
    """How much a word must look like a name to be read as one."""

    ANY = 0
    """Nothing forbids it: for words behind a printed title."""
    LIKELY = 1
    """It begins with a surname."""
    SURE = 2
    """It begins with a surname that is seldom a word, and is no word itself."""


# The surnames of about 99 % of people (name reports of the Ministry of Public Security), roughly in order of
# number; then rare ones whose character is hardly met but as a surname; then traditional forms.
_SURE = frozenset(
    "万云季成巴封王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏"
    "吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷段龙黎史陶贺毛郝顾龚邵覃武钱戴严莫孔向常"
    "汤欧温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申耿关兰焦俞左柳甘祝包宁符舒阮纪梅童凌毕单裴霍涂苗谷盛"
    "曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁房滕屈饶解牟艾尤穆司卓古吉柯缪项连芦麦褚娄窦戚岑景党费卜冷晏席卫柏宗瞿桂佟"
    "应臧闵苟邬边卞姬师仇栾隋刁沙荣巫寇桑郎甄丛仲虞敖巩佘池查苑迟邝谈匡鞠惠荆冀郁胥班储栗燕楚鄢谌奚粟冼蔺楼盘阎"
    "傅车洪尚简权区宣凤邸厉伊仝郜阚扈晁芮阙郗郇逄亓仉佴俎嵇幺弭忻恽昝笪缑殳毋沃淦湛濮牧狄琚璩眭矫禚禤种竺臾芈茹"
    "莘菅萨蒯蔚蘧訾诸贝赖赫逯邰邴郄郏郐郅郈郓郦郯郸鄂鄞酆钊钏钭镡隗雒颛麴宓宦晋暴揭撒邳浦漆糜羿翦芶藏裘谯辜铁闻"
    "阴阳隆雍韶薄薜萬張劉陳楊黃趙吳孫馬鄭許鄧韓馮蕭葉蘇呂盧鍾鐘譚陸範賈鄒閆閻龍賀顧龔錢嚴湯歐溫莊齊喬龐顏聶魯關"
    "蘭單畢連駱藍華饒繆項蘆麥婁竇黨費衛應閔鄔邊師欒叢鞏遲鄺談儲謝羅賴塗鮑紀寧倫蔣餘藺樓盤車簡權區厲闞諶諸貝鄖陰"
    "陽聞"
)
# Surnames that are everyday words too: 水稻, 国家, 花海.
_WORDLIKE = frozenset(
    "水国花平和全明时农公商宫官门红乐计修原利印台员哈回图塔宛尉尧展巨布库建彦征战户才折普朴来柔永求海淡清渠湖满"
    "玉火甫电畅税竹纵良英言贡过镇青飞宾容慎戈居步都弘广禄丰养须巢后有年爱岐敬初但信昌鱼山秋井富乌幸束索籍能双"
    "贵强干屠奇元米皮危木宿伏伦威冰星雪晨丽雨春冬新南鲜鹿黑衣豆长行相东西北太子因仁义礼智雲樂國農實愛東豐"
)
SURNAMES: frozenset[str] = _SURE | _WORDLIKE

_COMPOUND_SURNAMES_PRINTED = (
    "欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 令狐 宇文 长孙 長孫 慕容 司徒 夏侯 "
    "独孤 獨孤 南宫 南宮 闻人 聞人 轩辕 軒轅 端木 百里 呼延 东郭 東郭 西门 西門 申屠 太史 公冶 澹台 澹臺 淳于 "
    "单于 鲜于 鮮于 钟离 鍾離 濮阳 濮陽 宗政 赫连 赫連 闾丘 公羊 公西 乐正 梁丘 左丘 谷梁 第五 拓跋 完颜 完顏 "
    "耶律 纳兰 納蘭 司空 司寇 仲孙 亓官 万俟 段干 漆雕 壤驷 微生 羊舌 巫马 公良 叱干 爱新 叶赫 那拉 富察 钮祜 "
    "佟佳 索绰 瓜尔 阿史那 爱新觉罗 叶赫那拉"
)
COMPOUND_SURNAMES: frozenset[str] = frozenset(_COMPOUND_SURNAMES_PRINTED.split())

# Characters that no parent gives a child. 前, 来, 会, 村, 社, 镇 are not here: 王前进, 李来福, 张会, 刘镇 are people.
_NEVER = frozenset(
    "区县寺剧班的了在是们們这這那哪么麼着过過吗呢吧啊很就都也还還又再把被让讓给給对對從从到里裡外内內看說说讲講话話听聽吃"
    "喝做搞拍摄攝照片图圖像场場所員者個个些间間部局區县縣市店街票房屋厂廠品料食菜饭药病死杀打拿摆等及或且则每各"
    "某此其它他她你我您与式性率量型级級类類项件条块层处座栋幅套份副用往比为為够議议馆館院校办辦委厅廳站队隊报報"
    "网網後左右下眼采访訪"
)
_NEVER_FIRST = _NEVER - SURNAMES
# Some of them are in given names all the same: 张为民, 李万里, 沈从文, 王听澜. They are read so behind a surname
# and next to a title or 摄.
_SELDOM = frozenset("听聽看為为里裡從从图圖照在又其采访訪報报用左右让讓品间間就也往")
# Tibetan and Mongolian names have no surname; two of these words make one: 扎西卓玛, 次仁多吉.
_TWO_PART_PRINTED = (
    "扎西 卓玛 顿珠 次仁 才让 央金 拉姆 多吉 旺堆 尼玛 平措 格桑 德吉 白玛 仁青 达瓦 巴桑 边巴 米玛 洛桑 "
    "索朗 旦增 丹增 嘉措 曲珍 措姆 普布 强巴 贡布 罗布 土登 江措 群培 旺姆 白珍 卓嘎 益西 加央 拉珍 占堆 "
    "尖措 桑吉 才旦 才仁 多杰 巴图 乌云 斯琴 高娃 朝鲁 苏和 那顺 宝音 图雅 呼和 布和 哈斯 牧仁 塔娜 萨仁"
)
_TWO_PART_NAMES = frozenset(_TWO_PART_PRINTED.split())

# Words that begin with a surname and hold no character of _NEVER, as captions end with them: read as names only where a
# title or 摄 next to them says so.
_WORDS_PRINTED = (
    "季节 季度 云海 云雾 云端 云层 云南 云朵 云顶 云中 云上 成功 成果 成立 成长 成熟 成片 成群 成交 巴士 巴黎 "
    "巴西 封山 封面 封闭 万家 万里 万亩 万物 万人 万众 万元 万顷 万象 文明 文化 文艺 文学 文物 文旅 文体 文创 "
    "文静 文雅 高兴 高明 高峰 高原 高山 高空 高清 高速 高铁 高考 高温 高度 高大 高新 高粱 高效 高质 高标 高龄 "
    "江西 江南 江北 江苏 江河 江山 江水 江景 江边 江湖 江面 安全 安静 安宁 安康 安徽 安装 安源 安置 安心 金色 "
    "金秋 金山 金黄 金银 金融 金鱼 金牌 金桥 金光 石桥 石油 石榴 石头 石林 石城 石雕 石刻 石阶 黄河 黄昏 黄山 "
    "黄金 黄色 黄花 黄桃 黄牛 白天 白云 白雪 白鹭 白色 白源 方便 方案 方正 方向 华山 华夏 华灯 华丽 华东 华南 "
    "田园 田野 田径 田地 田埂 关注 关于 关爱 关心 关怀 关闭 庄重 庄稼 庄严 车水 严格 严密 严肃 严寒 武功 武术 "
    "武汉 武警 武林 武装 游客 游泳 游玩 游人 游园 游览 游戏 游船 游行 康复 康养 温馨 温暖 温泉 温情 温室 温度 "
    "马上 马路 马拉松 马匹 龙舟 龙灯 龙虾 龙狮 龙门 龙腾 牛奶 牛羊 童年 童心 童趣 苗木 苗圃 苗族 桂花 桂林 "
    "梅花 梅园 柳树 柳絮 芦苇 芦花 芦溪 兰花 谷雨 谷物 路灯 路面 路口 项目 连心 连日 连续 师生 师傅 师范 党员 "
    "党建 党旗 党课 党徽 边境 边防 边疆 夏日 夏天 夏季 夏收 秦岭 汤圆 汤汁 汪洋 余晖 余热 向阳 向前 向日葵 "
    "常态 常年 常青 常规 单位 单车 单元 包装 包粽子 包饺子 符合 舒适 舒心 舒展 纪念 纪录 纪律 荣誉 荣获 荣光 "
    "应急 应有 景色 景观 景象 景点 蓝天 蓝色 简单 简介 简易 洪水 洪灾 储存 储备 查验 查找 解放 解决 解答 解读 "
    "管理 管道 管控 燕子 燕窝 楼顶 楼盘 盘山 欧洲 欧美 古镇 古城 古树 古建 古桥 古民居 古色 古装 谈判 谈心 "
    "雷电 雷达 雷雨 毛笔 毛巾 钱币 钱包 史诗 范围 施工 施肥 施救 施展 许愿 许多 许可 任务 任命 任职 任教 申请 "
    "申领 曲艺 曲折 池塘 池水 沙滩 沙漠 沙石 宁静 宁夏 卫生 卫星 卫士 凌晨 凌空 冷水 冷链 席地 宗祠 仇恨 荆棘 "
    "铁路 铁桥 阳光 阳台 隆重 闻讯 权威 张贴 张望 张灯 章程 盛开 盛况 盛会 盛夏 陶瓷 陶艺 陶醉 唐装 祝福 祝贺 "
    "辛勤 辛苦 童声 童谣 宋城 谢谢 谢幕 胡同 叶子 林海 林区 林业 林立 郁金香 边贸 司机 司仪 安澜 华侨 华文 "
    "曾经 易拉宝 莫名 古风 傅彩 毕业 毕业生 江豚 江鸥 夏粮 雷锋 关口 关隘 丛林 陈列 陈设 陈旧 房子 路上 路边 "
    "路桥 路段 路程 路人 车上 车流 车辆 车厢 车展 古代 古迹 古墓 古籍 古今 古典 古筝 古琴 古巷 古井 古塔 古寺 "
    "古刹 古道 古堡 古村 古韵 种植 种子 种田 种树 种养 宣传 宣布 宣告 宣言 宣誓 安排 安慰 权力 权利 权益 周边 "
    "周围 周年 周末 区域 关键 关系 庞大 高举 高手 高楼 高中 高台 高歌 师长 师徒 司令 连环 连绵 曲线 曲目 常务 "
    "应当 应邀 武器 文书 文献 文坛 文昌 石碑 石窟 石磨 石狮 石板 石拱 石洞 石门 金花 金奖 金矿 金杯 金鸡 金桂 "
    "金穗 铁塔 铁道 铁矿 铁人 牧区 牧民 牧羊 牧童 边缘 边界 左侧 左边 左岸 左起 左一 左二 左三 白酒 白杨 白纸 "
    "白鹤 白沙 白莲 黄土 黄豆 黄瓜 黄叶 黄绿 沙河 沙地 沙丘 沙龙 马车 马戏 马头 马术 马灯 牛肉 牛群 毛竹 毛驴 "
    "柳编 柳林 梅雨 梅林 桑树 桑叶 桑园 桑蚕 杨梅 杨树 林地 林果 柴火 麦田 麦收 麦穗 麦浪 麦苗 麦子 谷仓 谷地 "
    "鲍鱼 龙头 龙船 龙泉 龙井 龙亭 龙宫 苗寨 藏族 藏书 白族 黎族 蒙古 蒙面 单独 班车 班长 班会 楼道 楼群 楼台 "
    "楼梯 楼阁 池子 汤包 汤锅 游轮 游艇 游牧 游学 申遗 纪实 祝寿 祝酒 童装 荣登 贺卡 贺年 谢意 卫视 储藏 储粮 "
    "包裹 包车 华美 向导 庄园 暴雨 暴雪 暴晒 洪峰 洪流 洪涝 柏油 查获 殷切 毕业季 盘点 盘旋 盛典 盛宴 盛装 "
    "盛放 盛世 盛景 简朴 简洁 管线 管护 芦笙 苏绣 苏州 苏区 薄雾 薄冰 蓝莓 蔚蓝 郁郁 钟楼 钟声 鞠躬 项链 齐心 "
    "齐唱 齐聚 凤凰 党群 冷空气 高跟鞋 马铃薯 高架桥 白萝卜 连环画 方便面 牛肉面 游泳池 解放军 游乐园 文工团 "
    "董事会 房地产 武功山 凤凰山 高标准 黄河口 管理员 卫生员 董事长 施工方 阴天 阳朔 宁波 温州 徐州 郑州 兰州 "
    "沈阳 安庆 安顺 安阳 华容 韩国 荆州 武昌 邵阳 江津 江岸 江心 江滩 江畔 沃土 沃野 康庄 易燃 方阵 方舱 甘蔗 "
    "甘薯 施压 霍乱 金龙 金狮 祁剧 晋剧 管弦 严查"
)
_WORDS = frozenset(_WORDS_PRINTED.split())
# What follows a title without being anybody's name: 记者手记, 记者节, 网友热议, 无人机.
_NOT_A_PERSON_PRINTED = (
    "现场 手记 调查 观察 体验 札记 专访 随笔 走访 走近 走进 来到 获悉 了解 看见 发现 注意 近日 日前 今天 昨天 "
    "今日 昨日 当天 随机 手机 相机 无人机 航模 卫星 资料 网络 视频 监控 本人 自己 大家 热议 点赞 留言 随手 "
    "实地 深入 独家 综合 整理 编译 提供 供图 报道 专题 团队 小组 采风 联合 同步 分别 先后 正式 全程 公开 高空 "
    "俯视 鸟瞰 全国 国际 俱乐部 协会 大赛 作品 爱好 艺术 技术 全部 部分 以上 以下 未经 授权 版权 侵权 节 团 站 "
    "部 们 摄影 新闻 活动 人像 风光 夜景 广告 婚纱 微距 延时 水下 写真 街拍"
)
_NOT_A_PERSON = frozenset(_NOT_A_PERSON_PRINTED.split())
# 王书记, 李县长: how people are spoken of in captions, never how they are credited.
_OFFICE = re.compile(
    "(?:书记|书計|局长|县长|市长|省长|区长|镇长|乡长|村长|部长|处长|科长|院长|校长|厅长|主任|主席|会长|经理|总监|老板|教授|医生|护士|"
    "警官|法官|律师|老师|同学|同志|先生|女士|小姐|师傅|大爷|大妈|大叔|大姐|大哥|奶奶|爷爷|阿姨|叔叔|家人|村民|队长|所长|站长|秘书|"
    "委员|代表|主编|理事|董事|馆长|团长|班长|組長|组长|[书]記|縣長|市長|局長|主任|總)$"
)
_WORD = re.compile(f"[{HAN}]+")
_DOTTED = re.compile(f"[{HAN}A-Za-z]{{1,8}}(?:[{DOTS}.][{HAN}]{{1,8}}){{1,5}}")
_LATIN = re.compile(r"@?[A-Za-zÀ-ÖØ-öø-ɏ][\w.'’-]*")
_AROUND_DOT = re.compile(f" ?([{DOTS}]) ?")
_SEPARATOR = re.compile(f"[、,，/／;；&＆|｜丨+＋{GAP}]")
_AND = re.compile("[和与與及]")
_AND_OTHERS = re.compile("[等]+人?$")


def is_person_name(word: str, degree: Degree = Degree.LIKELY) -> bool:
    """Whether one printed word, without blanks, can be a person's name to that degree."""
    if not _WORD.fullmatch(word):
        return _DOTTED.fullmatch(word) is not None
    size = len(word)
    if size < 2 or size > 6 or word in _NOT_A_PERSON:
        return False
    compound = word[:2] in COMPOUND_SURNAMES and size > 2
    given = word[2:] if compound else word[1:]
    if not compound and size == 4 and word[:2] in _TWO_PART_NAMES and word[2:] in _TWO_PART_NAMES:
        return True
    odd = _NEVER.intersection(given)
    if odd and not (odd <= _SELDOM and _may_be_odd(word, degree)):
        return False
    if degree == Degree.ANY and not compound and word[0] in _NEVER_FIRST:
        return False
    if degree == Degree.ANY:
        return size <= 5 or word[:4] in COMPOUND_SURNAMES
    if _OFFICE.search(word, 1):
        return False
    if compound:
        return size <= 4 or word[:4] in COMPOUND_SURNAMES or word[:3] in COMPOUND_SURNAMES
    if degree == Degree.LIKELY:
        if size == 2 and word[0] in "老小阿":
            return word[1] in SURNAMES
        return word[0] in SURNAMES and (size <= 3 or (size == 4 and _two_surnames(word)))
    return word[0] in _SURE and word not in _WORDS and size <= 3


def _may_be_odd(word: str, degree: Degree) -> bool:
    """Whether a word may be a name although a character of it is hardly ever in one."""
    if degree == Degree.SURE or word[0] not in SURNAMES or word in _WORDS:
        return False
    return len(word) == 3 or (degree == Degree.ANY and len(word) == 2)


def read_names(text: str, degree: Degree = Degree.LIKELY) -> list[str] | None:
    """The names that a text consists of, in order: ``张三、李四``, ``刘 伟``, ``阿依古丽·买买提 王五``.

    Names are given without the blanks printed inside them. ``None`` if anything else is in the text, or nothing.
    """
    names: list[str] = []
    for piece in _SEPARATOR.split(_AROUND_DOT.sub(r"\1", text)):
        piece = _AND_OTHERS.sub("", piece.strip()).rstrip()
        if not piece:
            continue
        tokens = piece.split()
        found = _join(tokens, degree, False) or _joined_by_and(piece, degree) or _join(tokens, degree, True)
        if found is None:
            return None
        names += found
    return names or None


def _joined_by_and(piece: str, degree: Degree) -> list[str] | None:
    """``张三和李四``."""
    parts = _AND.split(piece)
    if len(parts) == 1:
        return None
    names: list[str] = []
    for part in parts:
        found = _join(part.split(), max(degree, Degree.LIKELY), False)
        if not found:
            return None
        names += found
    return names


def _join(tokens: list[str], degree: Degree, glued: bool) -> list[str] | None:
    """Names out of words set apart by blanks, where a name may have a blank inside (``刘 伟``, ``欧阳 明``)."""
    names: list[str] = []
    at, end = 0, len(tokens)
    while at < end:
        token = tokens[at]
        if _LATIN.fullmatch(token):
            start = at
            while at < end and _LATIN.fullmatch(tokens[at]):
                at += 1
            if degree == Degree.SURE:
                return None
            names.append(" ".join(tokens[start:at]).lstrip("@"))
            continue
        taken = _blanks_inside(tokens, at)
        name = "".join(tokens[at : at + taken])
        if is_person_name(name, min(degree, Degree.LIKELY) if taken > 1 else degree):
            names.append(name)
        elif glued and taken == 1 and (several := _unglue(name)):
            names += several
        else:
            return None
        at += taken
    return names


def _blanks_inside(tokens: list[str], at: int) -> int:
    """How many of the words from ``at`` on are one name."""
    first = tokens[at]
    if len(first) > 2 or at + 1 == len(tokens):
        return 1
    second = tokens[at + 1]
    third = tokens[at + 2] if at + 2 < len(tokens) else ""
    if len(first) == 1:
        if len(second) > 1 or len(third) != 1:
            return 2
        # 刘 伟 张 三: the third begins the next name if it is a surname and a single character follows it.
        begins = third in _SURE and at + 3 < len(tokens) and len(tokens[at + 3]) == 1
        return 2 if begins else 3
    if len(second) == 1 and not (second in SURNAMES and third and len(third) < 3):
        return 2 if is_person_name(first + second) else 1
    if first in COMPOUND_SURNAMES and len(second) == 2 and not is_person_name(second, Degree.SURE):
        return 2
    return 1


def _two_surnames(word: str) -> bool:
    """A four-character name with the surnames of both parents (陈林小明 yes, 张三李四 no: that is two names)."""
    return word[0] in _SURE and word[1] in _SURE and word[2] not in _SURE


def _unglue(word: str) -> list[str] | None:
    """Two or three names printed without anything between them (``张三李四``)."""
    if not 4 <= len(word) <= 9 or not _WORD.fullmatch(word):
        return None
    for size in (3, 2, 4):
        head, rest = word[:size], word[size:]
        if size == 4 and head[:2] not in COMPOUND_SURNAMES:
            continue
        if not is_person_name(head, Degree.SURE):
            continue
        if is_person_name(rest, Degree.SURE):
            return [head, rest]
        if tail := _unglue(rest):
            return [head, *tail]
    return None
