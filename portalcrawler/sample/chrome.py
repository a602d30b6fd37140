"""The boxes that a stock page carries around its contents and that a reader of its articles has to pass over.

A third of a real page is frame: styles and scripts, a bar to sign in, menus, a search box. Without it every
measurement of how long a page takes to read would mislead.
"""

from __future__ import annotations

_STYLES = ("common", "portal_view", "portal_list", "diy", "widthauto", "home")
_SCRIPTS = ("common", "portal", "forum_viewthread", "home", "logging", "smilies", "seditor")
_MENUS = {
    "快捷导航": ("我的帖子", "我的收藏", "我的好友", "我的勋章", "我的任务", "排行榜", "标签", "导读", "日志", "相册"),
    "便民": (
        "公交查询",
        "停水停电",
        "天气预报",
        "同城招聘",
        "房屋出租",
        "二手市场",
        "寻物启事",
        "挂号预约",
        "车辆违章",
    ),
}
_HOT = (
    "云溪米粉",
    "老码头",
    "梨花节",
    "夜市",
    "公积金",
    "学区划分",
    "公交改线",
    "招考",
    "停水",
    "漂流",
    "灯会",
    "非遗",
)


def head_files() -> str:
    """Styles and scripts in the head."""
    styles = "".join(
        f'<link rel="stylesheet" type="text/css" href="data/cache/style_1_{name}.css?k7Q" />\n' for name in _STYLES
    )
    scripts = "".join(f'<script src="data/cache/{name}.js?k7Q" type="text/javascript"></script>\n' for name in _SCRIPTS)
    return f"""{styles}{scripts}<meta name="application-name" content="云溪网" />
<meta name="msapplication-tooltip" content="云溪网，云溪人的门户" />
<meta name="MSSmartTagsPreventParsing" content="True" />
<meta http-equiv="MSThemeCompatible" content="Yes" />
"""


def top_bar(base: str, formhash: str) -> str:
    """What stands above the navigation: links for visitors, menus, the form to sign in."""
    return f"""<div id="toptb" class="cl"><div class="wp">
<div class="z"><a href="javascript:;" onclick="setHomepage('{base}');">设为首页</a>\
<a href="{base}" onclick="addFavorite(this.href, '云溪网');return false;">收藏本站</a></div>
<div class="y"><a id="switchblind" href="javascript:;" onclick="toggleBlind(this)" title="开启辅助访问" \
class="switchblind"></a>
<a href="javascript:;" id="switchwidth" onclick="widthauto(this)" title="切换到宽版" class="switchwidth">宽版</a></div>
</div></div>
<div id="qmenu_menu" class="p_pop blk" style="display: none;">
<div class="ptm pbw hm">请 <a href="javascript:;" class="xi2" onclick="lsSubmit()"><strong>登录</strong></a> \
后使用<br />\
还没有账号？<a href="member.php?mod=register" class="xi2 xw1">注册一个</a></div>
{"".join(_menu(name, items) for name, items in _MENUS.items())}</div>
<form method="post" autocomplete="off" id="lsform" onsubmit="return lsSubmit();" \
action="member.php?mod=logging&amp;action=login&amp;loginsubmit=yes&amp;infloat=yes&amp;lssubmit=yes">
<div class="fastlg cl"><span id="return_ls" style="display:none"></span><div class="y pns">
<table cellspacing="0" cellpadding="0"><tr>
<td><span class="ftid"><select name="fastloginfield" id="ls_fastloginfield" width="40" tabindex="900">\
<option value="username">用户名</option><option value="email">邮箱</option></select></span>\
<script type="text/javascript">simulateSelect('ls_fastloginfield')</script></td>
<td><input type="text" name="username" id="ls_username" autocomplete="off" class="px vm" tabindex="901" /></td>
<td class="fastlg_l"><label for="ls_cookietime"><input type="checkbox" name="cookietime" id="ls_cookietime" \
class="pc" value="2592000" tabindex="903" />下次自动登录</label></td>
<td>&nbsp;<a href="javascript:;" onclick="showWindow('login', 'member.php?mod=logging&action=login&viewlostpw=1')">\
忘记密码</a></td></tr>
<tr><td><label for="ls_password" class="z psw_w">密码</label></td>
<td><input type="password" name="password" id="ls_password" class="px vm" autocomplete="off" tabindex="902" /></td>
<td class="fastlg_l"><button type="submit" class="pn vm" tabindex="904" style="width: 75px;"><em>登录</em></button></td>
<td>&nbsp;<a href="member.php?mod=register" class="xi2 xw1">立即注册</a></td></tr></table>
<input type="hidden" name="formhash" value="{formhash}" />
<input type="hidden" name="quickforward" value="yes" />
<input type="hidden" name="handlekey" value="ls" />
</div></div></form>
"""


def search_box(formhash: str) -> str:
    """The search form below the navigation, with the words searched most."""
    hot = "\n".join(
        f'<a href="search.php?mod=forum&amp;srchtxt={word}&amp;formhash={formhash}&amp;searchsubmit=true" '
        f'target="_blank" class="xi2" sc="1">{word}</a>'
        for word in _HOT
    )
    return f"""<div id="mu" class="cl"></div><div id="scbar" class="cl">
<form id="scbar_form" method="post" autocomplete="off" onsubmit="searchFocus($('scbar_txt'))" \
action="search.php?searchsubmit=yes" target="_blank">
<input type="hidden" name="mod" id="scbar_mod" value="search" />
<input type="hidden" name="formhash" value="{formhash}" />
<input type="hidden" name="srchtype" value="title" />
<input type="hidden" name="srhfid" value="0" />
<table cellspacing="0" cellpadding="0"><tr><td class="scbar_icon_td"></td>
<td class="scbar_txt_td"><input type="text" name="srchtxt" id="scbar_txt" value="想找点什么" autocomplete="off" /></td>
<td class="scbar_type_td"><a href="javascript:;" id="scbar_type" class="xg1 showmenu" onclick="showMenu(this.id)" \
hidefocus="true">搜索</a></td>
<td class="scbar_btn_td"><button type="submit" name="searchsubmit" id="scbar_btn" class="pn pnc" value="true">\
<strong class="xi2">搜索</strong></button></td>
<td class="scbar_hot_td"><div id="scbar_hot"><strong class="xw1">大家在搜: </strong>
{hot}
</div></td></tr></table></form></div>
<ul id="scbar_type_menu" class="p_pop" style="display: none;"><li><a href="javascript:;" rel="article">文章</a></li>\
<li><a href="javascript:;" rel="forum" class="curtype">帖子</a></li>\
<li><a href="javascript:;" rel="user">用户</a></li></ul>
<script type="text/javascript">
initSearchmenu('scbar', '');
</script>
"""


def advertisement(place: str, number: int) -> str:
    """An advertisement, another for nearly every number: words, a picture, and a link back into the portal."""
    word = _HOT[number % len(_HOT)]
    return (
        f'<div class="wp {place}"><a href="portal.php?mod=view&amp;aid={number % 97 + 1}&amp;from=ad{number}" '
        f'target="_blank"><img src="data/attachment/common/cf/ad{number % 9973}.gif" alt="{word}优惠" />'
        f"{word}限时优惠，仅剩 {number % 89 + 1} 席</a></div>\n"
    )


def closing_scripts() -> str:
    """What a page ends with."""
    return """<div id="scrolltop"><span hidefocus="true"><a title="返回顶部" onclick="window.scrollTo('0','0')" \
class="scrolltopa"><b>返回顶部</b></a></span></div>
<script type="text/javascript">_attachEvent(window, 'scroll', function () { showTopLink(); });checkBlind();</script>
"""


def _menu(name: str, items: tuple[str, ...]) -> str:
    links = "".join(
        f'<li><a href="home.php?mod=space&do=menu&id={number}" hidefocus="true">{item}</a></li>'
        for number, item in enumerate(items, 1)
    )
    return f'<div id="fjump_{len(items)}_menu" class="btda"><h4>{name}</h4><ul class="xl xl1 cl">{links}</ul></div>\n'
