"""The citizens' pages (随手拍) as HTML text: the form behind a QR code, and the receipt by which one follows a case.

Both work without a script. Nothing on them names a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Final, NamedTuple

from components import format as fmt
from components import labels, phone
from components.i18n import Words
from data_access.domain.incidents import Stage
from data_access.domain.periods import local_day
from data_access.domain.reports import MENU
from data_access.viewmodels.reports import Passed, Point, Receipt

LONGEST: Final = 500
_FORM_ICONS: Final = (*(tile.code for tile in MENU), "photo", "mic", "film", "call", "pin")


class Room(NamedTuple):
    """How many photos there may be, and how many seconds a recording and a clip may last."""

    photos: int
    voice: int
    clip: int


def form(  # all that the page says
    *,
    key: str,
    point: Point | None,
    lost: bool,
    told: str,
    sent: Mapping[str, str],
    room: Room,
    query: Mapping[str, str],
    w: Words,
) -> str:
    """The form; `told` is why what was `sent` did not go through, `lost` that the QR code is known no more."""
    call = f'<a class="b o" href="tel:119">{phone.icon("call")}{escape(w("急事打 119"))}</a>'
    return (
        f"{phone.sheet(*_FORM_ICONS)}{phone.top(w('随手拍'), '', phone.language(query, w) + call)}"
        f'<form class="ph-form" method="post" action="/report?lang={w.lang.value}" enctype="multipart/form-data" '
        f'data-sending="{escape(w("正在提交…"))}" data-offline="{escape(w("没有网络，联网后请再点一次提交。"))}">'
        f'<main class="ph-body">{_alert(told)}'
        f'<input type="hidden" name="key" value="{escape(key)}">'
        f'<input type="hidden" name="point" value="{escape(point.code if point else "")}">'
        '<input type="hidden" name="lng"><input type="hidden" name="lat">'
        f'<p class="ph-trap" aria-hidden="true"><label>{escape(w("请留空"))}'
        '<input name="website" tabindex="-1" autocomplete="off"></label></p>'
        f"{_place(point, sent, lost=lost, w=w)}{_menu(sent, w)}{_shots(room.photos, w)}{_clips(room, w)}"
        f'<section><div class="lh"><label for="text">{escape(w("情况说明"))}</label>'
        f"<small>{escape(w('可不填，最多 {n} 字', n=LONGEST))}</small></div>"
        f'<textarea id="text" name="text" rows="3" maxlength="{LONGEST}">{escape(sent.get("text", ""))}</textarea>'
        f'</section><section><div class="lh"><label for="phone">{escape(w("手机号"))}</label>'
        f"<small>{escape(w('可不填，只用于回访，不公开'))}</small></div>"
        f'<input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="tel" maxlength="20" '
        rf'pattern="\+?[0-9][0-9 \-]{{5,18}}" title="{escape(w("手机号不对，请核对，或者不填。"))}" '
        f'value="{escape(sent.get("phone", ""))}"></section></main>'
        f'<footer class="ph-foot"><button class="b pri" type="submit">{escape(w("提交"))}</button>'
        f"<p>{escape(w('不用注册，凭回执链接查进度'))}</p></footer></form>"
    )


def receipt(  # all that the page says
    found: Receipt, secret: str, *, told: str, done: str, now: datetime, query: Mapping[str, str], w: Words
) -> str:
    """The case as whoever reported it sees it."""
    kept = escape(w("链接已复制"))
    keep = f'<button type="button" class="b o" hidden data-keep="{kept}">{escape(w("保存链接"))}</button>'
    copy = (
        f'<button type="button" class="b o" hidden data-copy="{escape(w("已复制"))}">{phone.icon("copy")}'
        f'<span aria-live="polite">{escape(w("复制"))}</span></button>'
    )
    head = phone.top(w("随手拍"), w("回执"), phone.language(query, w) + keep)
    place = f" · {escape(found.place)}" if found.place else ""
    text = f'<p class="said">{escape(found.text)}</p>' if found.text else ""
    return (
        f"{phone.sheet('check', 'back', 'copy')}{head}"
        f'<main class="ph-body">{_alert(told)}{_done(done)}'
        f'<section class="card"><small>{escape(w("回执号"))}</small>'
        f'<p class="number"><span id="number">{escape(found.number)}</span>{copy}</p>'
        f'<p class="line"><span><b>{escape(w(found.title))}</b>{place}</span>'
        f"<small>{fmt.moment(found.created_at, now, w)}</small></p>{text}{_recordings(found, secret, w)}"
        f"<small>{escape(w('请保存这一页的链接，凭它查进度。'))}</small></section>"
        f'<section class="card"><h2>{escape(state_text(found, w))}</h2>{_limit(found, now, w)}'
        f'<ol class="steps">{"".join(_step(found, s, now, w) for s in found.steps)}</ol>'
        f"{_lines(found, now, w)}{_photos(found, secret, now, w)}</section>{_reply(found, secret, w)}</main>"
        f'<footer class="ph-foot"><p>{escape(w("此页不显示您的手机号，只有持链接的人能打开"))}</p></footer>'
    )


def message(head: str, why: str, query: Mapping[str, str], w: Words) -> str:
    """Why there is nothing here, and where one can report."""
    return (
        f"{phone.top(w('随手拍'), '', phone.language(query, w))}"
        f'<main class="ph-body"><section class="card"><h2>{escape(head)}</h2><p>{escape(why)}</p>'
        f'<p><a class="b o" href="/report?lang={w.lang.value}">{escape(w("去上报"))}</a></p></section></main>'
    )


def _place(point: Point | None, sent: Mapping[str, str], *, lost: bool, w: Words) -> str:
    here = (
        f'<button type="button" class="b o" data-here hidden data-found="{escape(w("已定位，精度 {m} 米"))}" '
        f'data-lost="{escape(w("定位不到，请写明在哪里。"))}" data-looking="{escape(w("定位中…"))}">'
        f"{phone.icon('pin')}{escape(w('用手机定位') if point is None else w('改用手机定位'))}</button>"
    )
    field = (
        f'<input id="place" name="place" maxlength="200" value="{escape(sent.get("place", ""))}" '
        f'placeholder="{escape(w("例如：田贝四路 12 号门口"))}"'
        f"{'' if point else ' required'}>"
    )
    if point is not None:
        areas = (w.name(point.area, point.area_en), w.name(point.grid, point.grid_en))
        where = " · ".join(escape(area) for area in areas if area)
        return (
            f'<section class="card place"><div><b>{escape(point.name)}</b><span>{where}</span>'
            f"<small>{escape(w('已随二维码填好'))}</small></div>{here}"
            f'<details class="wide"><summary>{escape(w("补充位置（可不填）"))}</summary>'
            f'<label class="sr-only" for="place">{escape(w("在哪里"))}</label>{field}</details></section>'
        )
    why = f"<p>{escape(w('这个二维码已经失效，请写明在哪里。'))}</p>" if lost else ""
    return (
        f'<section><div class="lh"><label for="place">{escape(w("在哪里"))}</label></div>{why}'
        f'<div class="row">{field}{here}</div></section>'
    )


def _menu(sent: Mapping[str, str], w: Words) -> str:
    picked, of = sent.get("what", ""), sent.get("item", "")
    tiles = "".join(
        f'<label class="tile"><input type="radio" name="what" value="{tile.code}" required'
        f"{' checked' if tile.code == picked else ''}>{phone.icon(tile.code)}"
        f"<span>{escape(labels.of(labels.REPORT, tile.code, w))}</span></label>"
        for tile in MENU
    )
    chips = "".join(
        f'<div class="chips of-{tile.code}">'
        + "".join(
            f'<label class="chip"><input type="radio" name="item" value="{code}"'
            f"{' checked' if code == of else ''}><span>{escape(labels.of(labels.REPORT, code, w))}</span></label>"
            for code in tile.items
        )
        + "</div>"
        for tile in MENU
        if tile.items
    )
    return (
        f'<fieldset><legend class="lh">{escape(w("什么问题"))}</legend><div class="tiles">{tiles}</div>'
        f"{chips}</fieldset>"
    )


def _shots(most: int, w: Words) -> str:
    if not most:
        return ""
    return (
        f'<section><div class="lh"><label for="photos">{escape(w("照片"))}</label>'
        f"<small>{escape(w('最多 {n} 张，拍摄位置读取后即删', n=most))}</small></div>"
        f'<div class="shots" data-shots="{most}" data-remove="{escape(w("删除照片"))}">'
        f'<label class="shot add">{phone.icon("photo")}<span>{escape(w("拍照或选照片"))}</span>'
        '<input id="photos" name="photos" type="file" accept="image/jpeg,image/png,image/webp" multiple></label>'
        "</div></section>"
    )


def _clips(room: Room, w: Words) -> str:
    """A recording and a clip; without a script the phone's own recorder and camera make them."""
    inputs = "".join(
        f'<label class="b o shoot" for="{name}">{phone.icon(icon)}<span>{escape(w(word))}</span>'
        f'<input id="{name}" name="{name}" type="file" accept="{kind}/*"></label>'
        for name, icon, word, kind in (("voice", "mic", "录音", "audio"), ("clip", "film", "录像", "video"))
    )
    limits = w("可不填，录音最长 {voice} 秒，录像最长 {clip} 秒", voice=room.voice, clip=room.clip)
    return (
        f'<section data-clips data-most="{room.voice}" data-stop="{escape(w("停止（{n} 秒）"))}" '
        f'data-start="{escape(w("录音"))}" data-remove="{escape(w("删除"))}">'
        f'<div class="lh"><span>{escape(w("录音或录像"))}</span><small>{escape(limits)}</small></div>'
        f'<div class="acts">{inputs}</div></section>'
    )


def state_text(found: Receipt, w: Words) -> str:
    """How far it is."""
    if found.stage == Stage.VOID:
        return w("没有受理")
    if found.may_reply:
        return w("已办结，请您评价")
    if found.stage == Stage.CLOSED:
        return w("已办结")
    return w("已并入同一件事，一起办理") if found.merged else w("正在办理")


def limit_text(found: Receipt, now: datetime, w: Words) -> str:
    """Until when it is promised; nothing of what is over."""
    if found.closed_at is not None or found.due_at is None or found.merged:
        return ""
    late = found.due_at <= now
    due = fmt.moment(found.due_at, now, w)
    return w("已超过承诺的时间 {due}", due=due) if late else w("承诺 {due} 前办结", due=due)


def _limit(found: Receipt, now: datetime, w: Words) -> str:
    said = limit_text(found, now, w)
    return f"<p>{escape(said)}</p>" if said else ""


def _step(found: Receipt, step: Passed, now: datetime, w: Words) -> str:
    done = [one for one in found.steps if one.at is not None]
    here = bool(done) and done[-1] is step
    state = "now" if here else "done" if step.at else "ahead"
    mark = phone.icon("check") if step.at else ""
    when = _brief(step.at, now, w) if step.at else f'<span class="sr-only">{escape(w("还没有"))}</span>'
    current = ' aria-current="step"' if here else ""
    return f'<li class="{state}"{current}><i>{mark}</i><b>{escape(w(step.name))}</b><u>{when}</u></li>'


def _brief(at: datetime, now: datetime, w: Words) -> str:
    """The time of day, else the day: seven of them stand beside each other."""
    return fmt.clock(at) if local_day(at) == local_day(now) else fmt.moment(at, now, w)


def line_texts(found: Receipt, now: datetime, w: Words) -> list[tuple[str, str]]:
    """When, and what the citizen is told."""
    return [
        (fmt.moment(line.at, now, w), line.text or labels.of(labels.REPORT_TOLD, line.what, w)) for line in found.lines
    ]


def _lines(found: Receipt, now: datetime, w: Words) -> str:
    lines = "".join(f"<li><time>{at}</time><span>{escape(said)}</span></li>" for at, said in line_texts(found, now, w))
    return f'<ul class="told">{lines}</ul>' if lines else ""


def _recordings(found: Receipt, secret: str, w: Words) -> str:
    """What was said and filmed with the report, to play; fetched when somebody does."""
    players = []
    for number, media_type in found.recordings:
        there, film = f"/r/{escape(secret)}/recording/{number}", media_type.startswith("video/")
        tag, word, more = ("video", w("录像"), " playsinline") if film else ("audio", w("录音"), "")
        players.append(
            f'<{tag} class="played" src="{there}" controls preload="none"{more} aria-label="{escape(word)}"></{tag}>'
        )
    return "".join(players)


def _photos(found: Receipt, secret: str, now: datetime, w: Words) -> str:
    figures = "".join(
        f'<figure><img src="/r/{escape(secret)}/photo/{number}" loading="lazy" '
        f'alt="{escape(labels.of(labels.PHASE, phase, w))}"><figcaption>{escape(labels.of(labels.PHASE, phase, w))} '
        f"{fmt.moment(at, now, w)}</figcaption></figure>"
        for number, phase, at in found.photos
    )
    return f'<div class="pictures">{figures}</div>' if figures else ""


def _reply(found: Receipt, secret: str, w: Words) -> str:
    if found.rating is not None and not found.may_send_back:
        return f'<section class="card"><p>{escape(w("谢谢您的评价。"))}</p></section>'
    parts = []
    if found.may_reply:
        buttons = "".join(
            f'<button class="b o" name="rating" value="{code}">{escape(labels.of(labels.RATING, code, w))}</button>'
            for code in labels.RATING
        )
        more = escape(w("想补充一句（可不填）"))
        parts.append(
            f'<form method="post" action="/r/{escape(secret)}?lang={w.lang.value}"><h2>{escape(w("办得怎么样"))}</h2>'
            f'<label class="sr-only" for="note">{more}</label>'
            f'<input id="note" name="note" maxlength="{LONGEST}" placeholder="{more}">'
            f'<div class="rate">{buttons}</div></form>'
        )
    if found.may_send_back:
        parts.append(
            f'<details><summary class="b o">{phone.icon("back")}{escape(w("问题没解决，退回重办"))}</summary>'
            f'<form method="post" action="/r/{escape(secret)}?lang={w.lang.value}"><label for="reason">'
            f"{escape(w('哪里没有解决'))}</label>"
            f'<textarea id="reason" name="reason" rows="2" maxlength="{LONGEST}" required></textarea>'
            f'<button class="b pri">{escape(w("退回，请重办"))}</button></form></details>'
        )
    return f'<section class="card reply">{"".join(parts)}</section>' if parts else ""


def _alert(told: str) -> str:
    return f'<p class="alert" role="alert">{escape(told)}</p>' if told else ""


def _done(done: str) -> str:
    return f'<p class="done" role="status">{phone.icon("check")}{escape(done)}</p>' if done else ""
