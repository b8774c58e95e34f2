"""Signing in with a key: a plain form, in English and Chinese, that needs no script."""

from html import escape

from starlette.responses import HTMLResponse

from city.access import Caller
from city.keys import LONGEST_KEY, ApiKey
from serving.api.cookies import FIELD
from serving.pages.doors import Door
from serving.pages.layout import Markup, html, page

NOT_KNOWN = "This key is not known here, or it is not valid any more. 此密钥无效或已失效。"
OPEN_TO_ALL = Markup('<nav aria-label="Pages"><a href="/docs">API 接口文档</a></nav>')


def signin_page(onward: str, *, problem: str = "", status: int = 200) -> HTMLResponse:
    said = f'<p class="warn" role="alert" id="problem">{html(problem)}</p>' if problem else ""
    wrong = ' aria-invalid="true" aria-describedby="problem hint"' if problem else ' aria-describedby="hint"'
    form = f"""{said}
<form class="card" method="post" action="/signin">
<label for="key">Your key <span lang="zh">您的密钥</span></label>
<input id="key" name="key" type="password" required maxlength="{LONGEST_KEY}" autocomplete="current-password"
 spellcheck="false" autofocus{wrong}>
<p class="hint" id="hint">An administrator makes it: <code>city keys make</code>.
<span lang="zh">密钥由管理员发放，请勿转借他人。</span></p>
<input type="hidden" name="next" value="{escape(onward)}">
<button type="submit">Sign in <span lang="zh">登录</span></button>
</form>
<p class="hint">A sign-in ends after half an hour without use. <span lang="zh">三十分钟无操作将自动退出。</span></p>"""
    lead = "For the people of the traffic centre and of sanitation 供交通与环卫工作人员使用"
    return page("Sign in 登录", lead, [form], navigation=OPEN_TO_ALL, status=status)


def who_is_here(key: ApiKey, csrf: str) -> Markup:
    """Who is signed in, and the way out."""
    where = "the whole city" if key.districts is None else ", ".join(key.districts)
    return Markup(
        f'<form class="who" method="post" action="/signout"><input type="hidden" name="{FIELD}" value="{csrf}">'
        f'<span>{html(key.person)} · {html(where)}</span> <button type="submit">Sign out '
        '<span lang="zh">退出</span></button></form>'
    )


def no_entry(door: Door, caller: Caller) -> HTMLResponse:
    """For somebody who is known here, but not for this page."""
    needed = ", ".join(door.scopes)
    said = (
        f"The key of {caller.person} opens other pages. This one asks for one of: {needed}. "
        "An administrator makes such a key."
    )
    chinese = Markup(f'<p lang="zh">{html(caller.person)} 的密钥不能打开此页面，需要以下权限之一：{html(needed)}。</p>')
    return page(
        f"{door.name} {door.name_zh}", "Not open to this key 无权限", [f"<p>{html(said)}</p>", chinese], status=403
    )
