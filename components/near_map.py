"""The small map of one spot and what lies within its reach; `assets/js/near_map.js` draws it with the map's layers."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from dash import html

from components import format as fmt
from components import labels
from components.i18n import Words
from components.parts import attributes
from data_access.viewmodels.areas import CameraLine
from data_access.viewmodels.desk import Help, Reachable

_HELPS: Final = {"hydrant": "hydrant", "team": "worker"}
"""Glyph of `map_shapes.js` by kind of help; any other is a resource."""


def build(  # all that is marked
    key: str,
    spot: tuple[float, float],
    place: str,
    w: Words,
    *,
    severity: int = 0,
    cameras: Iterable[tuple[CameraLine, tuple[float, float]]] = (),
    helps: Iterable[Help] = (),
    people: Sequence[Reachable] = (),
) -> html.Div:
    """The map of `spot` (lng, lat). Of the same `key` it keeps its view; `severity` 0 is a case."""
    drawn = {
        "key": key,
        "lng": spot[0],
        "lat": spot[1],
        "severity": severity,
        "place": place,
        "points": [*_cameras(cameras, w), *_helps(helps, w), *_people(people, w)],
    }
    data = {"data_map": json.dumps(drawn, ensure_ascii=False), "data_map_name": f"{w('位置')} {place}"}
    return html.Div(className="near-map", **attributes(**data))


def distance(metres: int, w: Words) -> str:
    """`90 米`, `1.2 公里`."""
    if metres < 1000:  # a kilometre
        return w("{n} 米", n=fmt.count(metres))
    return w("{n} 公里", n=f"{metres / 1000:.1f}")


def away(person: Reachable, w: Words) -> str:
    """How far it is from where somebody answers for; nothing where that is not known."""
    if person.metres is None:
        return ""
    return w("本楼") if person.of_building else distance(person.metres, w)


def _cameras(cameras: Iterable[tuple[CameraLine, tuple[float, float]]], w: Words) -> Iterable[dict[str, Any]]:
    for camera, (lng, lat) in cameras:
        said = [distance(camera.metres, w)] if camera.delivering else [distance(camera.metres, w), w("无画面")]
        glyph = "camera" if camera.delivering else "camera-off"
        point = _point(glyph, lng, lat, camera.name, said)
        yield point | {"camera": camera.code} if camera.delivering else point


def _helps(helps: Iterable[Help], w: Words) -> Iterable[dict[str, Any]]:
    for one in helps:
        said = [part for part in (one.value, distance(one.metres, w)) if part]
        yield _point(_HELPS.get(one.kind, "resource"), one.lng, one.lat, one.name, said)


def _people(people: Sequence[Reachable], w: Words) -> Iterable[dict[str, Any]]:
    """Those of one place are one mark; whoever answers for the building itself is at the alarm's own."""
    places: defaultdict[tuple[float, float], list[Reachable]] = defaultdict(list)
    for person in people:
        if person.lng is not None and person.lat is not None and not person.of_building:
            places[person.lng, person.lat].append(person)
    for (lng, lat), here in places.items():
        name = " · ".join(f"{labels.of(labels.ROLE, p.role, w)} {p.name}" for p in here)
        yield _point("worker", lng, lat, name, [away(here[0], w), w("所在网格中心")])


def _point(glyph: str, lng: float, lat: float, name: str, said: Sequence[str]) -> dict[str, Any]:
    return {"kind": glyph, "lng": lng, "lat": lat, "name": name, "said": " · ".join(said)}
