"""审计: who did what and when, with its filters; the address holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from dash import html

from components import format as fmt
from components import forms, labels, rule_words
from components.i18n import Words
from components.markup import Input
from components.parts import Child, panel, table
from data_access.domain.accounts import AuditAction, AuditSubject
from data_access.domain.alarm_names import ACTIONS
from data_access.domain.devices import METRIC_UNITS
from data_access.viewmodels.audit import AuditFilter, AuditLine, AuditPage

PATH: Final = "/audit"
SUBJECT: Final[Mapping[str, str]] = {
    AuditSubject.SIGN_INS: "登录",
    AuditSubject.ALARMS: "告警处置",
    AuditSubject.SETTINGS: "告警设置",
    AuditSubject.ACCOUNTS: "账号与令牌",
    AuditSubject.PERSONAL: "查看个人信息",
    AuditSubject.EXPORTS: "导出",
    AuditSubject.LINKS: "案卷关联",
}
DID: Final[Mapping[str, str]] = {
    AuditAction.SIGN_IN: "登录",
    AuditAction.SIGN_IN_FAILED: "登录失败",
    AuditAction.LOCKED_OUT: "连错密码被锁",
    AuditAction.LINK_USED: "用链接登录",
    AuditAction.SIGN_OUT: "退出登录",
    AuditAction.UNMASK: "查看个人信息",
    AuditAction.USER_ADDED: "添加账号",
    AuditAction.USER_CHANGED: "修改账号",
    AuditAction.USER_DISABLED: "停用账号",
    AuditAction.USER_ENABLED: "启用账号",
    AuditAction.PASSWORD_RESET: "重置密码",
    AuditAction.PASSWORD_CHANGED: "设置密码",
    AuditAction.TOKEN_ISSUED: "生成令牌",
    AuditAction.TOKEN_REVOKED: "撤销令牌",
    AuditAction.SETTINGS_CHANGED: "修改告警设置",
    AuditAction.EXPORTED: "导出",
    AuditAction.CASE_LINKED: "关联案卷",
    AuditAction.CASE_UNLINKED: "解除案卷关联",
}
_NAMED: Final[Mapping[str, str]] = {"role": "角色", "area": "范围", "file": "文件", "format": "格式"}
"""What of an act's detail is said beside it."""
_WHOSE: Final[Mapping[str, str]] = {"resident": "居民", "responsible": "责任人"}
_RULES_OF: Final[Mapping[str, str]] = {"device": "终端", "model": "型号"}
_KEPT: Final = ("lang", "theme", "from", "to", "who", "about")


def build(found: AuditPage, wanted: AuditFilter, query: Mapping[str, str], told: str, w: Words) -> list[Child]:
    """Everything under the header."""
    rows = [_row(line, query, w) for line in found.lines]
    heads = (w("时间"), w("谁"), w("做了什么"), w("对什么"), w("从哪里"))
    body: list[Child] = [_filters(wanted, query, w)]
    if told:
        body.append(forms.refused(told))
    else:
        nothing = html.P(w("这段时间没有这样的记录"), className="missing")
        body.append(table(heads, rows, w("审计"), kind="rules") if rows else nothing)
    if found.before:
        body.append(html.A(w("更早的记录"), href=PATH + _address(query, before=found.before), className="rules-link"))
    export = html.A(
        w("导出 CSV"),
        href=f"/api/v1/audit{_address(query, format='csv')}",
        className="desk-button is-small",
    )
    return [panel("audit", w("审计"), body, sub=w("保存不少于 6 个月，谁也改不了"), note=export)]


def _filters(wanted: AuditFilter, query: Mapping[str, str], w: Words) -> html.Form:
    options = {"": w("全部")} | {code: w(word) for code, word in SUBJECT.items()}
    return html.Form(
        [
            *[Input(type="hidden", name=n, value=query[n]) for n in ("lang", "theme") if query.get(n)],
            forms.field(w("从"), "from", type="date", value=wanted.since.isoformat()),
            forms.field(w("到（不含）"), "to", type="date", value=wanted.until.isoformat()),
            forms.select(w("种类"), "about", options, wanted.subject or ""),
            forms.field(w("谁"), "who", value=wanted.who or "", maxlength="64", placeholder=w("账号或姓名")),
            forms.button(w("查看"), primary=True),
        ],
        method="get",
        action=PATH,
        role="search",
        className="audit-filters",
    )


def _row(line: AuditLine, query: Mapping[str, str], w: Words) -> html.Tr:
    return html.Tr(
        [
            html.Th(fmt.stamp(line.at), scope="row"),
            html.Td(
                [
                    html.A(
                        line.name or line.actor, href=PATH + _address(query, who=line.actor), className="rules-link"
                    ),
                    html.Small(line.actor) if line.name and line.name != line.actor else None,
                ],
                className="rules-who",
            ),
            html.Td([_did(line, w), None if line.done else html.Span(w("未成"), className="tag")]),
            html.Td([*_about(line, query, w), html.Small(_more(line, w))], className="rules-who"),
            html.Td(line.address or ""),
        ]
    )


def _did(line: AuditLine, w: Words) -> str:
    if line.subject is AuditSubject.ALARMS:
        return w(ACTIONS[line.action]) if line.action in ACTIONS else line.action
    return labels.of(DID, line.action, w)


def _about(line: AuditLine, query: Mapping[str, str], w: Words) -> list[Child]:
    if line.alarm_id is not None and line.alarm_kind is not None:
        name = f"{labels.of(labels.ALARM, line.alarm_kind, w)} · {line.about or ''}".rstrip(" ·")
        kept = {n: query[n] for n in ("lang", "theme") if query.get(n)} | {"id": str(line.alarm_id)}
        return [html.A(name, href=f"/alarms?{urlencode(kept)}", className="rules-link")]
    if line.rule is not None:
        kind, of = (line.about or "").partition(":")[0], line.rule.of
        kept = {n: query[n] for n in ("lang", "theme") if query.get(n)} | {kind: of, "alarm": line.rule.alarm}
        name = f"{labels.of(labels.ALARM, line.rule.alarm, w)} · {w(_RULES_OF.get(kind, kind))} {of}"
        return [html.A(name, href=f"/alarms/rules?{urlencode(kept)}", className="rules-link")]
    kind, _, number = (line.about or "").partition(" ")
    if line.action == AuditAction.UNMASK and kind in _WHOSE:
        return [f"{w(_WHOSE[kind])} {number}"]
    return [line.about or ""]


def _more(line: AuditLine, w: Words) -> str:
    """What else is known of the act, in a line: the note, or what became what."""
    if line.note:
        return line.note
    if line.rule is not None:
        return rule_words.changed(line.rule.before, line.rule.after, METRIC_UNITS.get(line.rule.metric), w)
    detail = line.detail or {}
    if isinstance(detail.get("before"), dict) and isinstance(detail.get("after"), dict):
        before, after = detail["before"], detail["after"]
        changed = [name for name in after if before.get(name) != after[name]]
        return "; ".join(f"{name}: {_short(before.get(name))} → {_short(after[name])}" for name in changed)
    if line.subject is AuditSubject.ALARMS:
        return ""
    told = [(_NAMED[name], value) for name, value in detail.items() if name in _NAMED and value]
    return " · ".join(f"{w(name)} {labels.of(labels.ACCOUNT_ROLE, str(value), w)}" for name, value in told)


def _short(value: Any) -> str:
    text = "—" if value in (None, "") else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"  # a line of the table


def _address(query: Mapping[str, str], **more: str) -> str:
    kept = {name: query[name] for name in _KEPT if query.get(name)} | more
    return f"?{urlencode(kept)}" if kept else ""
