from __future__ import annotations

from components.document import FirstPaint, Own, build

PARTS = {
    "metas": '<meta charset="UTF-8">',
    "title": "一屏",
    "favicon": "",
    "css": "",
    "app_entry": '<div id="react-entry-point"></div>',
    "config": '<script id="_dash-config" type="application/json">{}</script>',
    "scripts": '<script src="/s/dash/deps/polyfill@7.js"></script>\n<script src="/s/dash/deps/react@18.js"></script>\n'
    '<script src="/s/dash/dash_table/bundle.js"></script>',
    "renderer": '<script id="_dash-renderer">new DashRenderer()</script>',
}
OWN = Own("/assets/all.css?m=1", "/assets/all.js?m=2")


def test_the_first_paint_stands_before_the_scripts_with_what_they_must_know() -> None:
    first = FirstPaint("<main>1,143,801</main>", {"title": '罗湖"', "code": "440303"}, ("/api/v1/x?a=1&b=2",))
    text = build(PARTS, OWN, {"lang": "en", "wall": "1", "probe": "1"}, first)
    assert text.index("1,143,801") < text.index("react-entry-point")
    assert text.index("react-entry-point") < text.index('<script src="/assets/all.js?m=2">')
    assert '<link rel="stylesheet" href="/assets/all.css?m=1">' in text
    assert '<html lang="en" class="wall">' in text
    assert '<body data-lang="en" data-probe="1">' in text
    assert "<title>罗湖&quot;</title>" in text
    assert "&quot;code&quot;: &quot;440303&quot;" in text
    assert '<link rel="preload" as="fetch" crossorigin="anonymous" href="/api/v1/x?a=1&amp;b=2">' in text


def test_dash_waits_in_a_template_for_a_first_picture_and_is_on_its_way_behind_what_that_needs() -> None:
    text = build(PARTS, OWN, {}, FirstPaint("<main></main>", {"title": ""}, ("/api/v1/x",)))
    waiting = text[text.index('<template id="later">') : text.index("</template>")]
    assert "react@18" in waiting
    assert "_dash-renderer" in waiting
    assert text.count("new DashRenderer()") == text.count('<script src="/s/dash/deps/react@18.js">') == 1
    assert text.index("/api/v1/x") < text.index(
        '<link rel="preload" as="script" fetchpriority="low" href="/s/dash/deps/react@18'
    )
    assert text.index("</template>") < text.index('<script src="/assets/all.js?m=2">')


def test_dash_starts_by_itself_where_no_picture_comes_first() -> None:
    for first in (None, FirstPaint("<main></main>", {"title": ""})):
        text = build(PARTS, OWN, {}, first)
        assert "<template" not in text
        assert (
            text.index('<script src="/assets/all.js?m=2">') < text.index("react@18") < text.index("new DashRenderer()")
        )


def test_a_page_without_first_paint_is_dashs_own() -> None:
    text = build(PARTS, OWN, {}, None)
    assert '<html lang="zh-CN">' in text
    assert "first-paint" not in text
    assert "<title>一屏</title>" in text


def test_a_page_without_core_components_is_spared_their_scripts() -> None:
    parts = {**PARTS, "scripts": PARTS["scripts"] + '\n<script src="/s/dash/dcc/dash_core_components.v4.js"></script>'}
    assert "core_components" in build(parts, OWN, {}, None)
    assert "core_components" not in build(parts, OWN, {}, None, core=False)


def test_scripts_that_no_page_uses_are_not_loaded() -> None:
    text = build(PARTS, OWN, {}, None)
    assert "polyfill" not in text
    assert "dash_table" not in text
    assert "react@18" in text
