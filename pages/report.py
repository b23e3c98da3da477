"""/report and /r/…: citizens report without an account and follow their case by the secret link of its receipt."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Final

from flask import Flask, Response, current_app, redirect, request
from werkzeug.exceptions import RequestEntityTooLarge

from components import labels, phone, report
from components.i18n import Words, words
from data_access.api import MAY_RECORD, content_policy
from data_access.api.attachments import asked_part
from data_access.commands import reports as commands
from data_access.domain.attachments import AttachmentKind
from data_access.domain.errors import DomainError, InvalidInput, NotFound, Unavailable
from data_access.domain.reports import CLASS_OF, RATINGS
from data_access.queries import reports
from data_access.queries.session import reading, services

_KEPT: Final = ("lang", "point")
_FILES: Final = {"photos": AttachmentKind.PHOTO, "voice": AttachmentKind.VOICE, "clip": AttachmentKind.VIDEO}
_ROOM: Final = 64 * 1024
"""Bytes for everything in the form but its files."""
_MB: Final = 1_000_000


def show() -> Response:
    """`GET /report`: the form, for the point whose code was scanned."""
    return _form({"point": request.args.get("point", "")}, "", 200)


def send() -> Response:
    """`POST /report`: on to the receipt; or the form again with what was written and the reason."""
    settings = services().settings
    files_mb = settings.report_photos * settings.attachment_photo_mb
    files_mb += settings.attachment_voice_mb + settings.attachment_video_mb
    request.max_content_length = files_mb * _MB + _ROOM
    request.max_form_memory_size = _ROOM
    try:
        sent = request.form.to_dict()
    except RequestEntityTooLarge:
        return _form(
            {"point": request.args.get("point", "")}, _words()("照片、录音和录像加起来太大，请少选一些。"), 413
        )
    try:
        files = [
            (file.read(), kind)
            for name, kind in _FILES.items()
            for file in request.files.getlist(name)
            if file.filename
        ]
        secret = commands.report(services(), _read(sent), files, address=request.remote_addr or "")
    except DomainError as refused:
        told = _words()(refused.source, **refused.named)
        if any(file.filename for name in _FILES for file in request.files.getlist(name)):
            told += _words()("照片、录音和录像请再添加一次。")  # no browser keeps them
        return _form(sent, told, 400)
    return _to(f"/r/{secret}?lang={_words().lang.value}&new=1")


def follow(secret: str) -> Response:
    """`GET /r/…`: the case."""
    return _receipt(secret, "")


def answer(secret: str) -> Response:
    """`POST /r/…`: rate it, or send it back."""
    sent, address = request.form, request.remote_addr or ""
    try:
        if sent.get("reason", "").strip():
            commands.send_back(services(), secret, sent["reason"], address=address)
        else:
            rating = RATINGS.get(sent.get("rating", ""))
            if rating is None:
                raise InvalidInput("请选择满意、基本满意或不满意。")
            commands.rate(services(), secret, rating, sent.get("note", ""), address=address)
    except NotFound:
        return _receipt(secret, "")
    except DomainError as refused:
        return _receipt(secret, _words()(refused.source, **refused.named), 400)
    return _to(f"/r/{secret}?lang={_words().lang.value}&done=1")


def picture(secret: str, number: int) -> Response:
    """`GET /r/…/photo/…`: a photo of the case."""
    try:
        with reading() as session:
            photo = reports.photo(session, secret, number)
        pieces = services().store.read(photo.digest, photo.suffix, 0, photo.size)
    except (NotFound, FileNotFoundError):
        return Response(status=404)
    except Unavailable:
        return Response(status=503)
    found = Response(pieces, mimetype=photo.media_type, headers={"Content-Length": str(photo.size)})
    found.headers["Cache-Control"] = "private, max-age=3600"
    return _secret(found)


def played(secret: str, number: int) -> Response:
    """`GET /r/…/recording/…`: what the citizen said or filmed, whole or the part that a player asks for."""
    try:
        with reading() as session:
            kept = reports.recording(session, secret, number)
        part = asked_part(request.headers.get("Range", ""), kept.size)
        if part is None:
            return Response(status=416, headers={"Content-Range": f"bytes */{kept.size}"})
        pieces = services().store.read(kept.digest, kept.suffix, *part)
    except (NotFound, FileNotFoundError):
        return Response(status=404)
    except Unavailable:
        return Response(status=503)
    (start, end), whole = part, part == (0, kept.size)
    found = Response(pieces, 200 if whole else 206, mimetype=kept.media_type)
    found.headers.update({"Content-Length": str(end - start), "Accept-Ranges": "bytes"})
    if not whole:
        found.headers["Content-Range"] = f"bytes {start}-{end - 1}/{kept.size}"
    found.headers["Cache-Control"] = "private, max-age=3600"
    return _secret(found)


def add_to(server: Flask) -> None:
    """Let `server` answer these addresses. They are no pages of Dash."""
    server.add_url_rule("/report", "report", show, methods=["GET"])
    server.add_url_rule("/report", "report_sent", send, methods=["POST"])
    server.add_url_rule("/r/<secret>", "receipt", follow, methods=["GET"])
    server.add_url_rule("/r/<secret>", "receipt_answered", answer, methods=["POST"])
    server.add_url_rule("/r/<secret>/photo/<int:number>", "receipt_photo", picture, methods=["GET"])
    server.add_url_rule("/r/<secret>/recording/<int:number>", "receipt_recording", played, methods=["GET"])


def _read(sent: Mapping[str, str]) -> commands.Form:
    """What was sent, as the command takes it. Raises `InvalidInput`."""
    what, item = sent.get("what", ""), sent.get("item", "")
    picked = item if item.partition("-")[0] == what else what
    if picked not in CLASS_OF:
        raise InvalidInput("请选择是什么问题。")
    lng, lat = _degrees(sent.get("lng"), 180), _degrees(sent.get("lat"), 90)
    return commands.Form(
        key=sent.get("key", ""),
        title=labels.REPORT[picked],
        class_name=CLASS_OF[picked],
        text=sent.get("text", "").strip(),
        place=sent.get("place", ""),
        point=sent.get("point", "")[:64] or None,
        lng=lng if lat is not None else None,
        lat=lat if lng is not None else None,
        phone=sent.get("phone", "").strip(),
        trap=sent.get("website", ""),
    )


def _degrees(text: str | None, most: float) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if isfinite(value) and abs(value) <= most else None


def _form(sent: Mapping[str, str], told: str, status: int) -> Response:
    w, code, settings = _words(), sent.get("point", "")[:64], services().settings
    with reading() as session:
        point = reports.point(session, code) if code else None
    body = report.form(
        key=commands.key_again(services(), sent.get("key", "")),
        point=point,
        lost=bool(code) and point is None,
        told=told,
        sent=sent,
        room=report.Room(settings.report_photos, settings.attachment_voice_s, settings.attachment_video_s),
        query=_query(),
        w=w,
    )
    answer = _page(w("随手拍"), body, status)
    answer.headers["Permissions-Policy"] = MAY_RECORD
    return answer


def _receipt(secret: str, told: str, status: int = 200) -> Response:
    w, now = _words(), services().clock()
    days = services().settings.report_reply_days
    try:
        with reading() as session:
            found = reports.receipt(session, secret, now=now, reply_days=days)
    except NotFound as error:
        body = report.message(w("没有找到"), w(str(error)), _query(), w)
        return _secret(_page(w("随手拍"), body, 404))
    done = w("已收到，谢谢您。") if request.args.get("new") else w("已提交。") if request.args.get("done") else ""
    body = report.receipt(found, secret, told=told, done="" if told else done, now=now, query=_query(), w=w)
    return _secret(_page(f"{found.number} · {w('随手拍')}", body, status))


def _page(title: str, body: str, status: int) -> Response:
    own = current_app.extensions["yiping.own"]
    built = phone.document(title, body, styles=own.phone, scripts=own.report, w=_words())
    answer = Response(built, status, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = content_policy()
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _secret(answer: Response) -> Response:
    """Keep the address of the page to whoever has it."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _to(there: str) -> Response:
    answer = redirect(there, 303)
    assert isinstance(answer, Response)  # noqa: S101  # Flask's own
    answer.headers["Cache-Control"] = "no-store"
    return _secret(answer)


def _query() -> Mapping[str, str]:
    return {name: request.args[name] for name in _KEPT if request.args.get(name)}


def _words() -> Words:
    return words(request.args.get("lang"))
