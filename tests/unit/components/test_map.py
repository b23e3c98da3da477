from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dash.development.base_component import Component

from components import map as map_view
from components.i18n import words
from data_access.domain.devices import DeviceKind


def _buttons(tree: Component) -> dict[str, bool]:
    found = {}
    for node in tree._traverse():
        props: dict[str, Any] = node.to_plotly_json()["props"] if isinstance(node, Component) else {}
        name = props.get("data-metric") or props.get("data-layer")
        if name:
            found[f"{'metric' if 'data-metric' in props else 'layer'}:{name}"] = props["aria-pressed"] == "true"
    return found


def _pressed(**query: str) -> set[str]:
    return {name for name, on in _buttons(map_view.build(query, words("zh"))).items() if on}


def test_without_a_query_the_defaults_are_pressed() -> None:
    assert _pressed() == {"metric:incidents", "layer:alarms", "layer:cameras", "layer:devices"}


@pytest.mark.parametrize("metric", list(map_view.Metric))
def test_the_address_chooses_one_metric(metric: str) -> None:
    assert {p for p in _pressed(metric=metric) if p.startswith("metric:")} == {f"metric:{metric}"}


def test_an_unknown_metric_is_the_default_and_no_layer_at_all_is_none() -> None:
    assert _pressed(metric="weather", layers="") == {"metric:incidents"}


def test_the_address_chooses_the_layers() -> None:
    assert _pressed(layers="incidents,alarms") == {"metric:incidents", "layer:incidents", "layer:alarms"}


def test_the_map_is_made_for_points_and_moves_only_by_hand() -> None:
    leaflet = next(
        node for node in map_view.build({}, words("zh"))._traverse() if getattr(node, "id", None) == map_view.Ids.MAP
    )
    props = leaflet.to_plotly_json()["props"]
    assert (props["trackViewport"], props["preferCanvas"], props["attributionControl"]) == (True, True, False)
    assert "bounds" not in props


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ({}, "/api/v1/snapshot"),
        ({"area": "440303"}, "/api/v1/snapshot?area=440303"),
        ({"area": "440303", "home": "440304"}, "/api/v1/snapshot?area=440303"),
        ({"wall": "1", "area": "440303", "home": "440304"}, "/api/v1/snapshot?area=440304"),
    ],
)
def test_the_snapshot_ahead_is_the_one_that_the_live_client_starts_from(query: dict[str, str], address: str) -> None:
    assert map_view.snapshot_url(query) == address


def test_the_browser_knows_which_kind_of_device_is_a_hydrant() -> None:
    script = (Path(__file__).parents[3] / "assets" / "js" / "map_points.js").read_text("utf-8")
    assert f"const HYDRANT = {list(DeviceKind).index(DeviceKind.HYDRANT)};" in script
