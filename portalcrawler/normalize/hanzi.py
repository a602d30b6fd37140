"""How likely a text is to stand on a Chinese portal: what tells a right decoding from a wrong one.

Written Chinese is steep: a few hundred characters make up three quarters of any text, whereas bytes read in
the wrong encoding give characters from all over the tables. The ranks below are the project's own rough
ordering of the commonest characters in news; only the class of a character counts, not its place.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import islice

# About the 500 commonest characters of news, then some 600 that follow.
_COMMON = (
    "的一是了在人不有中大国为和上地年这个我们到时说以会要就出可也你对生能而子得于下自之过发后作里用道行所然家"
    "种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长"
    "把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应向头文体政美相见被利什二等产或新己制"
    "身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系"
    "气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形"
    "社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万"
    "取拉格望觉术领共确传师观清今切院让识候带导争运笔"
    "县乡镇村委党组织项推干群众服济会推党书镇城事讯网络图片摄来源作者编辑责任版摘要浏览评论查看首页门户新闻资讯"
    "近期推荐民生消费教育医疗卫健康环境保护文旅游体育娱乐房产汽车招聘便民论坛社区登录注册搜索热线"
    "施企农业村产园区贫困脱攻坚疫情防控安全生产监督检查落实责任会议召开部署要求强调指出主持"
)
_FREQUENT = (
    "即收集单根件按六七八九改革收办史深存例段技越投转准采验支型节约历克价严际具局较候众字早影离置团况节"
    "火习兵满养备未素消息究断毛跟器断怎呢始章步列半效华族红府装英职快养式响除研仅破引划写医往号需住百精"
    "照找客况调速演孩料验父母亲八病药房喜欢爱周围细胞层州黄河石江湖林森草树花鸟鱼虫土木石油铁钢煤矿电子"
    "站车船飞机场铁路公速桥隧道街道巷楼房屋店铺商贸易市价格买卖钱币银行贷款税财金融股票证券险租赁"
    "春夏秋冬晴阴雨雪风云雷雾霜温度冷热暖寒暑早晚午夜晨昨前后左右内外里东西南北上下高低长短宽窄厚薄轻重"
    "男女老少青年童婴夫妻兄弟姐妹爷奶叔伯姑姨舅友邻居师生徒校园班课考试题答卷成绩奖状优秀良好差"
    "警察法院检察官律案犯罪嫌疑逮捕拘留判刑罚款违章停驾驶酒证件号码身份姓名性别龄址户籍"
    "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊陆郝孔崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
    "广京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤琼川贵云陕甘青宁新藏港澳台萍栗莲芦溪安源湘赣抚饶宜春九景德鹰潭"
    "福寿禄吉祥瑞庆欢乐祝贺愿望梦想幸福美丽和谐友善诚信敬业富强自由平等公正共享创业绿色协调放"
    "元旦端午秋节假期休息旅游景点观光客栈酒店餐饮食品菜肴味道辣甜酸苦咸香臭米饭面条饺馒头粥汤肉蛋奶果蔬"
    "眼睛耳鼻嘴牙舌喉咙手脚腿胸腹背腰肩颈皮肤骨血心肝脾肺肾脑神经筋细菌毒感染治疗手术疫苗接种"
    "你您咱俺谁哪啥嘛吗吧呀啊哦嗯哈呵哎唉喂另据了解目前截至此外同时随着通过对于关于根据按照为了因此所以但是"
    "如果虽然尽管不仅而且并且或者还是只要只有无论既然除非倍双副批届幅篇张座辆架艘台套棵粒滴杯瓶碗盘盒箱袋"
    "始终坚持努力奋斗拼搏争取获得荣誉称号颁发证书仪式典礼揭牌剪彩启动启航奠基竣验收投运营举办承办协办赞助"
    "摄影报道供稿通讯员实习特约评论编译译者校对排版印刷出版发行订阅邮箱联系话传真址备案号权所有转载须注明"
    "走进基层送温暖志愿服务队巡逻执勤值班守护抢险救灾洪涝旱台震滑坡泥石流消防火灾爆炸伤亡搜救失踪"
)
# Forms that only traditional text has, with characters that are common there.
_TRADITIONAL = (
    "這個們來為國時說會對過發後裡裏經學沒動麼還進開從實與無長機關點業將兩間問並應戰頭體見產製內給門員題爾別"
    "變總數處幾條係系氣報結務場計資許統區隊決馬書聽達強權設記類據邊張該規萬覺術領確傳師觀讓識帶導爭運筆單"
    "電視話語論談請調議證評詞詩誰課讀護變選遠連適遲邊還鄉鎮縣黨組織項群眾濟網絡圖圓攝編輯責瀏覽頁聞訊"
    "環衛療館園圍團農貧脫險陳陽陰陸隨際階隱雙雜難雲電靈靜響順須預頓頻題額顏願顯飛飯飲館駐驗驚髮鬥魚鳥鳴麗麥"
    "黃點齊齒龍龜亞亂專東絲丟兩嚴喪豐臨舉義烏樂喬習買亂爭虧雲產畝親億僅從倉儀價優傳傷倫偽體傭債傾償儲兒黨蘭興養"
    "獸冊軍農馮凍淨準涼減鳳憑凱擊鑿劉則剛創劃劇勸辦務動勵勁勞勢勳匯醫華協單賣盧衛卻廠廳歷厲壓廚縣參雙發變敘葉號"
    "嘆嚇嗎啟吳員聽啓團園國圖圓聖場壞塊堅壇壩墳墜墮處備復夠頭誇夾奪奮奧婦媽嬌孫學寧寶實寵審憲宮寬賓對尋導壽將爾"
    "塵嘗層屬歲島嶺幣帥師帳帶幫庫應廟廢開異棄張彈強歸當錄徹徑憶懷態慶憂懶戀戲戶執擴掃揚換據擁擇擊擋擔據擺攔"
    "數敵斷時曠晝顯曉暫術樸機殺雜權條來楊極構槍標樣樹橋檔檢歐歡歲歷殘殼毀氣漢湯溝滅濕溫灣滿漁濃濟潔測"
    "燈災爐炮煙煩燒熱愛爺牆狀獨獎獲瑪現環電畫暢療瘋癢盜盡監盤著睜碼礎禮種稱穩窮竊競筆節簡簽糧緊約級紀純紙紅"
    "線練組細終經結給統絕維綠網緣編縮績續罰羅義職聯聲聰肅腦腳臉臺舊艙藝節蘇藥虛蟲蠶補裝觀覺觸計訂訓託記訪設許"
    "訴診註詳試誌認誘誤說誰請論諸謀謝謹識譯護讚豬貝負財貢貧貨販責貴買費貼賀資賓賞賢賣質賴賽趕趙趨跡踐輕載輛輝輪"
    "農辭邏遊達違遙遞遠遷還鄭鄰醜釋鈴銀銷鋪鋼錄錢錯鎖鏡鐘鐵長閃閉閱闆闊隊階陣陰險隱隻雖離電霧韓順顧風飄餐餘騎騙"
    "鬆鬧魯鮮鹽黴臺灣香港澳門妳嘛啦喔廣場種植紹詳細嘅嗰咗喺嚟"
)
_MARKS = "，。、：；？！“”‘’（）《》【】「」『』—…·　－～％０１２３４５６７８９"
_LATIN_MARKS = "\xa0©®°±·«»×÷§–—•€£¥™"

# Nats a character: how surprising it is on a Chinese portal's page.
_RANKED = ((_MARKS, 5.5), (_COMMON, 6.3), (_TRADITIONAL, 6.8), (_FREQUENT, 7.6))
_LEVEL_1, _LEVEL_2, _HANZI, _OTHER = 10.0, 13.0, 15.0, 17.0
_ASCII, _PRIVATE, _CONTROL, _REPLACEMENT = 4.0, 19.0, 25.0, 25.0
_RANGES = (
    (0x09, 0x0D, _ASCII),
    (0x00, 0x1F, _CONTROL),
    (0x20, 0x7F, _ASCII),
    (0x80, 0x9F, _CONTROL),
    (0xA0, 0xBF, 11.0),
    (0xC0, 0xFF, 8.5),
    (0x370, 0x3FF, 12.0),
    (0x400, 0x45F, 12.0),
    (0x2000, 0x2BFF, 11.0),
    (0x3040, 0x30FF, 10.5),
    (0x3000, 0x33FF, 11.0),
    (0x4E00, 0x9FFF, _HANZI),
    (0xE000, 0xF8FF, _PRIVATE),
    (0xFF01, 0xFF5E, 9.0),
    (0xFFFD, 0xFFFD, _REPLACEMENT),
    (0x1F300, 0x1FAFF, 13.0),
    (0x20000, 0x2FFFF, _HANZI),
)

_KNOWN = frozenset(_MARKS + _COMMON + _TRADITIONAL + _FREQUENT)
_WIDE = re.compile(r"[^\x00-\x7f]+")


def is_natural(text: str) -> bool:
    """Whether the first two hundred characters beyond ASCII are plainly Chinese; ``False`` also if too
    few."""
    sample = "".join(run[0] for run in islice(_WIDE.finditer(text), 60))[:200]
    return len(sample) >= 60 and sum(map(_KNOWN.__contains__, sample)) > 0.4 * len(sample)


def surprise(text: str) -> float:
    """Nats that a Chinese portal's text needs for ``text``: of two readings of the same bytes, the lower is
    right."""
    ranks = _ranks()
    return sum(count * (ranks.get(char) or _class(char)) for char, count in Counter(text).items())


@cache
def _ranks() -> dict[str, float]:
    ranks: dict[str, float] = dict.fromkeys(_LATIN_MARKS, 7.5)
    for codec, first, last, value in (
        ("gb2312", 0xD8, 0xF7, _LEVEL_2),
        ("big5", 0xC9, 0xF9, _LEVEL_2),
        ("big5", 0xA4, 0xC6, _LEVEL_1 + 0.5),
        ("gb2312", 0xB0, 0xD7, _LEVEL_1),
    ):
        pairs = (bytes((lead, trail)) for lead in range(first, last + 1) for trail in range(0x40, 0xFF))
        ranks.update(
            (char, value) for pair in pairs if len(char := pair.decode(codec, "ignore")) == 1 and char > "\xff"
        )
    for chars, value in reversed(_RANKED):
        ranks.update(dict.fromkeys(chars, value))
    return ranks


def _class(char: str) -> float:
    code = ord(char)
    return next((value for first, last, value in _RANGES if first <= code <= last), _OTHER)
