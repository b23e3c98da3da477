"""The grid worker's page as HTML text: a shell without anybody's data, so that a phone may keep it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Final

from components import phone
from components.i18n import Lang, Words, catalogue
from data_access.domain.workflows import TEMPLATES

_ICONS: Final = ("check", "back", "off", "list", "nav", "pin", "photo", "waiting", "mic", "film", "call", "note")
WORDS: Final[Mapping[str, str]] = {
    "accept": "接单",
    "answer": "告诉上报人的话（会显示在回执上）",
    "arrive": "到场",
    "arrived": "我已到场",
    "as_of": "以下是 {at} 的数据",
    "by_due": "按时限",
    "call": "打报告人",
    "call_later": "接单后可打报告人 {phone}",
    "called": "拨打报告人",
    "cancel": "取消",
    "category": "{category} 类",
    "check_in": "打卡",
    "counts": "前 {before} · 后 {after}",
    "days": "{n} 天",
    "delivered": "没有待发送",
    "delivered_at": "已送达 {at}",
    "done_waits": "已完成，待发送",
    "finish": "完成",
    "hours": "{n} 小时",
    "left": "剩 {span}",
    "loading": "读取中…",
    "minutes": "{n} 分钟",
    "my_orders": "已接的单 {n}",
    "map": "示意 · {where}",
    "map_here": "您",
    "messages": "消息",
    "my_tasks": "我的任务 {n}",
    "new_tasks": "新任务 {n}",
    "navigate": "导航",
    "nearest": "由近到远",
    "no_messages": "还没有消息。在任务里写一句，调度席会看到；调度席的备注也在这里。",
    "no_orders": "现在没有可以接的单。",
    "no_points": "本网格还没有巡查点。",
    "no_position": "没有定位，按时限排列。",
    "no_tasks": "现在没有任务。",
    "nothing_kept": "没有网络，也没有存过的任务。",
    "not_yet_here": "没有定位",
    "note": "留言",
    "note_text": "给调度席的话",
    "offline": "无网络，照常办",
    "open_orders": "可以接的单 {n}",
    "others": "另一个账号有 {n} 条待发送，登录那个账号后补发。",
    "over": "超 {span}",
    "patrol": "巡查 {done} / {n} 点",
    "phase_after": "处置后",
    "phase_before": "处置前",
    "phase_other": "其他照片",
    "phase_report": "上报时",
    "photo": "拍照",
    "photo_after": "处置后照片",
    "photo_before": "处置前照片",
    "refused": "未被接受",
    "return": "退回",
    "send": "发送",
    "shoot_after": "拍处置后照片",
    "shoot_before": "拍处置前",
    "sign_first": "登录以后才看得到任务。",
    "sign_in": "登录",
    "sign_out": "退出",
    "sign_out_waits": "还有 {n} 条待发送。退出后要用这个账号再登录才会补发。",
    "signed_out": "登录已过期，登录后补发",
    "since": "{at} 起，联网自动补发",
    "to_send": "待发送 {n}",
    "understood": "知道了",
    "unread": "未读 {n}",
    "video": "录像",
    "voice": "录音",
    "voice_stop": "停止（{n} 秒）",
    "waits": "待发",
    "what_done": "做了什么（可不填）",
    "why_return": "为什么退回",
}
"""What the page's script says, by its own keys."""


def _refusals(w: Words) -> Mapping[str, str]:
    """What the server may answer, in the language of the page where that is not the server's own."""
    return {text: said for text, said in catalogue().items() if text.endswith("。")} if w.lang is Lang.EN else {}


def _steps(w: Words) -> Mapping[str, str]:
    """Names of the steps that ship, in the language of the page; a step of a deployment's own has its name alone."""
    names = {step.name for workflow in TEMPLATES.values() for step in workflow.steps}
    return {name: w(name) for name in sorted(names)} if w.lang is Lang.EN else {}


def shell(w: Words, *, voice_s: int) -> str:
    """The page before its script has run; `voice_s` is how many seconds may be recorded."""
    spoken = {key: w(word) for key, word in WORDS.items()} | {"refusals": _refusals(w), "steps": _steps(w)}
    words = json.dumps(spoken, ensure_ascii=False).replace("<", "\\u003c")
    tabs = "".join(
        f'<button type="button" data-tab="{code}">{phone.icon(icon)}{escape(w(word))}</button>'
        for code, icon, word in (("tasks", "list", "任务"), ("patrol", "pin", "巡查"), ("messages", "note", "消息"))
    )
    leave = (
        '<form method="post" action="/sign-out" id="leave"><input type="hidden" name="form_token">'
        f'<button class="b q">{escape(w("退出"))}</button></form>'
    )
    return (
        f"{phone.sheet(*_ICONS)}{phone.top(w('任务'), ' ', phone.language({}, w) + leave)}"
        f'<div id="queue"></div><main class="ph-body" id="field" data-voice-most="{voice_s}">'
        f'<p class="card">{escape(w("读取中…"))}</p></main>'
        f'<nav class="ph-nav" aria-label="{escape(w("页面"))}">{tabs}'
        f'<a href="/report?lang={w.lang.value}">{phone.icon("photo")}{escape(w("上报"))}</a></nav>'
        f'<script type="application/json" id="words">{words}</script>'
    )
