"""CAP 1.2 out: valid by the OASIS schema, in scope, each message referring to those before it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from sqlalchemy import text
from xmlschema import XMLSchema

from data_access.db.tables import AlarmHistoryRow, AlarmRow
from data_access.domain.accounts import Role
from data_access.domain.alarm_kinds import default_kinds
from tests.small import COMMUNITY, STREET
from tests.web import Web

SCHEMA = XMLSchema(Path(__file__).parents[2] / "fixtures" / "cap" / "CAP-v1.2.xsd")
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
ATOM = "{http://www.w3.org/2005/Atom}"


def entries(body: str) -> list[dict[str, Any]]:
    root = ET.fromstring(body)
    assert root.tag == f"{ATOM}feed"
    assert all(root.find(f"{ATOM}{tag}") is not None for tag in ("id", "title", "updated", "author", "link"))
    return [
        {
            "id": entry.findtext(f"{ATOM}id"),
            "title": entry.findtext(f"{ATOM}title"),
            "href": link.get("href") if (link := entry.find(f"{ATOM}link")) is not None else None,
        }
        for entry in root.iter(f"{ATOM}entry")
    ]


def said(body: str, tag: str) -> str | None:
    found = ET.fromstring(body).iter(f"{CAP}{tag}")
    return next((element.text for element in found), None)


@pytest.fixture
def story(web: Web) -> Any:
    """The alarm of the small district gets worse, clears and is closed as a false alarm; undone afterwards."""
    with web.database.writing() as session:
        row = session.get_one(AlarmRow, 1)
        at = row.raised_at
        steps = (("retrigger", "active_unacked", 3), ("clear", "cleared_unacked", 3), ("close", "closed", 3))
        for minute, (action, state, severity) in enumerate(steps, 1):
            session.add(
                AlarmHistoryRow(
                    alarm_id=1,
                    at=at + timedelta(minutes=minute, milliseconds=7),
                    actor="officer",
                    action=action,
                    state=state,
                    severity=severity,
                )
            )
        row.close_reason, row.event_id, row.place = "false", 1, "5栋 <A & B>"
    yield web
    with web.database.writing() as session:
        session.execute(text("DELETE FROM alarm_history WHERE action <> 'raise'"))
        row = session.get_one(AlarmRow, 1)
        row.close_reason, row.event_id, row.place = None, None, "5栋"


def test_every_message_of_the_feed_is_valid_and_refers_to_those_before(story: Web) -> None:
    listed = entries(story.get(f"/api/v1/cap/feed.atom?area={STREET}").text)
    assert [e["title"].rpartition(" ")[2] for e in listed] == ["(Cancel)", "(Update)", "(Update)", "(Alert)"]
    bodies = [story.get(entry["href"]) for entry in reversed(listed)]
    for answer in bodies:
        assert answer.headers["content-type"].startswith("application/cap+xml")
        SCHEMA.validate(answer.text)
    alert, worse, clear, cancel = (answer.text for answer in bodies)
    assert said(alert, "references") is None
    blocks = list(ET.fromstring(alert).iter(f"{CAP}info"))
    assert [block.findtext(f"{CAP}language") for block in blocks] == ["zh-CN", "en"]
    for block, of in zip(
        blocks, (default_kinds()["smoke"].what_to_do, default_kinds()["smoke"].what_to_do_en), strict=True
    ):
        assert block.findtext(f"{CAP}instruction") == of
    assert "5栋" in (blocks[1].findtext(f"{CAP}description") or "")
    assert blocks[1].findtext(f"{CAP}event") == default_kinds()["smoke"].name_en
    assert said(clear, "instruction") is None  # there is nothing left to do
    assert [said(body, "msgType") for body in (alert, worse, clear, cancel)] == ["Alert", "Update", "Update", "Cancel"]
    sender, sent = said(alert, "sender"), said(alert, "sent")
    assert said(worse, "references") == f"{sender},{said(alert, 'identifier')},{sent}"
    assert len((said(cancel, "references") or "").split(" ")) == 3
    assert (said(cancel, "note"), said(clear, "responseType")) == ("误报", "AllClear")
    assert (said(alert, "severity"), said(worse, "severity")) == ("Extreme", "Severe")
    assert (said(alert, "status"), said(alert, "incidents")) == ("Test", "yiping-event-1")  # the demo is never actual
    assert "<A & B>" in (said(alert, "areaDesc") or "")


def test_messages_are_told_within_ones_area_alone(story: Web) -> None:
    def ask(path: str, area: str) -> httpx.Response:
        token = story.token(Role.OFFICER, area).secret
        return httpx.get(story.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=10)

    (first, *_) = entries(ask("/api/v1/cap/feed.atom", COMMUNITY).text)
    assert ask(first["href"], COMMUNITY).status_code == 200
    assert entries(ask("/api/v1/cap/feed.atom", "440303004012").text) == []
    assert ask(first["href"], "440303004012").status_code == 404
    assert story.get("/api/v1/cap/yiping-1-999999.xml").status_code == 404
    assert story.get("/api/v1/cap/nonsense.xml").status_code == 404
