"""The pages around signing in, as HTML text: they work without a script, so that nothing stands before the door.

Form fields are not among Dash's HTML components; that is why these pages are text.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final
from urllib.parse import urlencode

from components import labels
from components.accounts import TABS
from components.forms import HIDDEN
from components.i18n import Lang, Words
from data_access.viewmodels.accounts import Account, DemoAccount, Outline

_NAME: Final = "autocomplete=username autocapitalize=none spellcheck=false required"


def page(body: str, outline: Outline | None, query: Mapping[str, str], w: Words, *, guest: bool) -> str:
    """`body` beside the deployment's outline; no figure, no name of anything but the deployment.

    `guest`: whoever asks may look at the pages behind it without an account, which is said.
    """
    title = w("{name}社区治理", name=w.name(outline.title, outline.title_en)) if outline else w("社区治理")
    note = w("不登录也能查看，处置须登录") if guest else w("登录前只显示这个轮廓") if outline else ""
    if outline and outline.schematic:
        note = f"{w('示意边界')} · {note}"
    return (
        f'<main class="si"><section class="si-left">{_map(outline)}'
        '<div class="si-brand"><p class="si-mark"><span class="brand" aria-hidden="true"></span>'
        f"{escape(w('一屏'))}</p>"
        f'<p>{escape(title)}</p></div><p class="si-ground">{escape(note)}</p></section>'
        f'<section class="si-right"><div class="si-switches">{_switches(query, w)}</div>{body}</section></main>'
    )


def form(  # noqa: PLR0913  # all that the page says
    *,
    token: str,
    name: str,
    password: str,
    there: str,
    told: str,
    failures: int,
    lock_min: int,
    idle_min: int,
    demo: tuple[DemoAccount, ...],
    demo_password: str,
    query: Mapping[str, str],
    w: Words,
) -> str:
    """The form for name and password; `told` is why the last try did not succeed."""
    rule = w("连错 {n} 次锁 {m} 分", n=failures, m=lock_min)
    first = "" if name else " autofocus"
    second = " autofocus" if name and not password else ""
    return (
        f"<h1>{escape(w('登录'))}</h1>{_alert(told)}"
        f'<form method="post" action="/sign-in{escape(_kept(query))}">{_hidden(token)}'
        f'<input type="hidden" name="next" value="{escape(there)}">'
        f"{_field('name', w('账号'), name, _NAME + first)}"
        f"{_password('password', w('密码'), password, rule, f'autocomplete=current-password required{second}', w)}"
        f'<button class="si-go" type="submit">{escape(w("登录"))}</button></form>'
        f'<p class="si-tip"><span>{escape(w("{m} 分无操作自动退出", m=idle_min))}</span>'
        f"<span>{escape(w('忘记密码请联系本级管理员'))}</span></p>"
        f"{_demo(demo, demo_password, name, there, query, w)}"
        f'<p class="si-foot">{_foot(w, demo=bool(demo))}</p>'
    )


def new_password(*, token: str, name: str | None, told: str, shortest: int, query: Mapping[str, str], w: Words) -> str:
    """The form of a link that works once: the first administrator (`name` None), or an account's new password."""
    rule = w("至少 {n} 个字符，有字母和数字", n=shortest)
    head = w("设置第一个管理员") if name is None else w("设置新密码")
    who = (
        _field("name", w("账号"), "", f"{_NAME} autofocus") if name is None else f'<p class="si-who">{escape(name)}</p>'
    )
    return (
        f"<h1>{escape(head)}</h1>{_alert(told)}"
        f'<form method="post" action="{escape(_kept(query))}">{_hidden(token)}{who}'
        f"{_password('password', w('新密码'), '', rule, 'autocomplete=new-password required', w)}"
        f'<button class="si-go" type="submit">{escape(w("保存并登录"))}</button></form>'
        f'<p class="si-foot">{_foot(w, demo=False)}</p>'
    )


def own_account(  # all that the page says
    *,
    token: str,
    of: Account,
    told: str,
    done: str,
    shortest: int,
    manages: bool,
    query: Mapping[str, str],
    w: Words,
) -> str:
    """One's own account: who one is, the way out, another password; for administrators the way to the others'."""
    area = w.name(of.area, of.area_en) if of.area else w("全区")
    facts = ((w("账号"), of.name), (w("角色"), labels.of(labels.ACCOUNT_ROLE, of.role, w)), (w("范围"), area))
    lines = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts)
    change = ""
    if of.has_password and not of.demo:
        rule = w("至少 {n} 个字符，有字母和数字", n=shortest)
        change = (
            f"<h2>{escape(w('修改密码'))}</h2>"
            f'<form method="post" action="/account{escape(_kept(query))}">{_hidden(token)}'
            f"{_password('old', w('原密码'), '', '', 'autocomplete=current-password required', w)}"
            f"{_password('password', w('新密码'), '', rule, 'autocomplete=new-password required', w)}"
            f'<button class="si-go si-quiet" type="submit">{escape(w("修改密码"))}</button></form>'
        )
    return (
        f"<h1>{escape(of.display)}</h1>{_alert(told)}"
        + (f'<p class="si-done" role="status">{escape(done)}</p>' if done else "")
        + f'<dl class="si-facts">{lines}</dl>{_manage(query, w) if manages else ""}'
        f'<form method="post" action="/sign-out">{_hidden(token)}'
        f'<button class="si-go" type="submit">{escape(w("退出登录"))}</button></form>{change}'
        f'<p class="si-tip"><a href="/{escape(_kept(query))}">{escape(w("回到总览"))}</a></p>'
    )


def message(head: str, why: str, query: Mapping[str, str], w: Words) -> str:
    """Why this is the end of the way, and where it goes on."""
    return (
        f"<h1>{escape(head)}</h1>{_alert(why)}"
        f'<p class="si-tip"><a href="/sign-in{escape(_kept(query))}">{escape(w("登录"))}</a></p>'
    )


def _switches(query: Mapping[str, str], w: Words) -> str:
    other = Lang.ZH if w.lang is Lang.EN else Lang.EN
    language, code = ("EN", "en") if other is Lang.EN else ("中", "zh-CN")
    return (
        f'<a href="?{escape(urlencode({**query, "lang": other.value}))}" lang="{code}">'
        f"{language}</a>"
        f'<a class="for-dark" href="?{escape(urlencode({**query, "theme": "light"}))}" data-theme-to="light">'
        f"{escape(w('浅色'))}</a>"
        f'<a class="for-light" href="?{escape(urlencode({**query, "theme": "dark"}))}" data-theme-to="dark">'
        f"{escape(w('深色'))}</a>"
    )


def _map(outline: Outline | None) -> str:
    if outline is None:
        return ""
    paths = "".join(f'<path d="{path}"/>' for path in outline.paths)
    return (
        f'<svg class="si-map" viewBox="0 0 {outline.width} {outline.height}" aria-hidden="true" focusable="false">'
        f"{paths}</svg>"
    )


def _field(name: str, label: str, value: str, more: str) -> str:
    return (
        f'<div class="si-field"><label for="si-{name}">{escape(label)}</label>'
        f'<input id="si-{name}" name="{name}" type="text" value="{escape(value)}" {more}></div>'
    )


def _password(name: str, label: str, value: str, rule: str, more: str, w: Words) -> str:
    return (
        f'<div class="si-field"><label for="si-{name}">{escape(label)}</label><small id="si-{name}-rule">{escape(rule)}'
        f'</small><span class="si-secret"><input id="si-{name}" name="{name}" type="password" value="{escape(value)}" '
        f'aria-describedby="si-{name}-rule" {more}><button type="button" class="si-eye" hidden aria-pressed="false" '
        f'aria-label="{escape(w("显示密码"))}" data-shows="si-{name}"><span class="ic ic-eye" aria-hidden="true">'
        "</span></button></span></div>"
    )


def _demo(
    accounts: tuple[DemoAccount, ...], password: str, chosen: str, there: str, query: Mapping[str, str], w: Words
) -> str:
    if not accounts:
        return ""
    lines = []
    for one in accounts:
        on = one.name == chosen
        area = w.name(one.area, one.area_en) if one.area else None
        role = labels.of(labels.ACCOUNT_ROLE, one.role, w)
        does = labels.of(labels.ACCOUNT_DOES, one.role, w)
        fill = urlencode({**query, "fill": one.name, "next": there})
        lines.append(
            f"<li{' class=is-on' if on else ''}><b>{escape(role)}</b><code>{escape(one.name)}</code>"
            f'<span>{escape(area or does)}</span><a href="/sign-in?{escape(fill)}" data-fill="{one.name}" '
            f'data-password="{escape(password)}">'
            f'<i class="not-yet">{escape(w("填入"))}</i><i class="done">{escape(w("已填入"))}</i>'
            f'<span class="sr-only"> {one.name}</span></a></li>'
        )
    return (
        f'<section class="si-demo" aria-label="{escape(w("演示账号"))}"><h2>{escape(w("演示账号"))}'
        f"<small>{escape(w('密码都是'))} <code>{escape(password)}</code></small></h2>"
        f"<ul>{''.join(lines)}</ul></section>"
    )


def _manage(query: Mapping[str, str], w: Words) -> str:
    return '<nav class="si-tip" aria-label="{}">{}</nav>'.format(
        escape(w("管理")),
        "".join(f'<a href="{path}{escape(_kept(query))}">{escape(w(word))}</a>' for path, word in TABS),
    )


def _foot(w: Words, *, demo: bool) -> str:
    kept = w("登录与每次查看个人信息都会留痕，保存不少于 6 个月。")
    if not demo:
        return escape(kept)
    return f"{escape(w('演示账号启用时服务器只监听 127.0.0.1；正式部署没有这一栏。'))}<br>{escape(kept)}"


def _alert(told: str) -> str:
    return f'<p class="si-alert" role="alert">{escape(told)}</p>' if told else ""


def _hidden(token: str) -> str:
    return f'<input type="hidden" name="{HIDDEN}" value="{escape(token)}">'


def _kept(query: Mapping[str, str]) -> str:
    kept = {name: query[name] for name in ("lang", "theme") if query.get(name)}
    return f"?{urlencode(kept)}" if kept else ""
