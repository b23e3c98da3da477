"""账号: accounts and tokens of an administrator's area, one of them open to be changed, and forms for new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from dash import html

from components import format as fmt
from components import forms, labels
from components.i18n import Words
from components.markup import Input
from components.parts import Child, attributes, panel, table
from data_access.domain.accounts import ACCOUNTS, Role
from data_access.viewmodels.accounts import AccountLine, AccountPage, AccountState, AreaChoice, TokenLine

PATH: Final = "/users"
STATES: Final = {
    AccountState.DISABLED: "已停用",
    AccountState.NO_PASSWORD: "未设密码",
    AccountState.DEMO: "演示",
    AccountState.GOOD: "正常",
}
ACTS: Final = {
    "added": "账号已添加。",
    "changed": "账号已修改。",
    "disabled": "账号已停用，已登录的浏览器已退出。",
    "enabled": "账号已启用，输错密码的锁定也已解除。",
    "reset": "原密码已作废，已登录的浏览器已退出。",
    "issued": "令牌已生成。",
    "revoked": "令牌已撤销，用它登录的浏览器已退出。",
}
TABS: Final = (("/users", "账号"), ("/catalogue", "事项目录"), ("/workflows", "工作流程"), ("/audit", "审计"))
_LISTED: Final = "areas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that the page shows."""

    page: AccountPage
    tokens: tuple[TokenLine, ...]
    areas: tuple[AreaChoice, ...]
    whole: bool  # the administrator looks after everything
    me: str
    account: AccountLine | None = None  # the one that is open
    token: TokenLine | None = None
    told: str = ""  # why it was not done
    done: str = ""  # what was done
    link: str = ""  # that signs in, shown this once
    form: str = ""  # the session's token
    given: Mapping[str, str]  # what was sent and refused


def build(shown: Shown, query: Mapping[str, str], now: datetime, w: Words) -> list[Child]:
    """Everything under the header."""
    return [
        html.Div(
            [
                html.Div([_accounts(shown, query, w), _tokens(shown, query, now, w)]),
                html.Div(_open(shown, query, w), className="admin-open"),
            ],
            className="rules-grid",
        )
    ]


def tabs(active: str, query: Mapping[str, str], w: Words) -> html.Div:
    """Where one is among the administrator's pages."""
    stops = [(path, w(word)) for path, word in TABS]
    links = [
        html.A(
            word,
            href=path + kept(query),
            className="admin-tab",
            **(attributes(aria_current="page") if path == active else {}),
        )
        for path, word in stops
    ]
    title = dict(stops)[active]
    return html.Div(
        [
            html.H1(title, className="sr-only"),
            html.Nav(links, className="admin-tabs", **attributes(aria_label=w("管理"))),
        ],
        className="where",
    )


def _accounts(shown: Shown, query: Mapping[str, str], w: Words) -> html.Section:
    rows = [_account_row(line, shown, query, w) for line in shown.page.lines]
    heads = (w("账号"), w("角色"), w("范围"), w("状态"), w("上次登录"))
    search = html.Form(
        [
            *[Input(type="hidden", name=n, value=query[n]) for n in ("lang", "theme") if query.get(n)],
            Input(
                type="search",
                name="q",
                value=query.get("q", ""),
                placeholder=w("账号或姓名"),
                **attributes(aria_label=w("查找账号")),
            ),
            forms.button(w("查找")),
        ],
        method="get",
        action=PATH,
        role="search",
        className="admin-search",
    )
    body: list[Child] = [search]
    body.append(
        table(heads, rows, w("账号"), kind="rules") if rows else html.P(w("没有这样的账号"), className="missing")
    )
    if shown.page.after:
        more = PATH + kept(query, q=query.get("q", ""), after=shown.page.after)
        body.append(html.A(w("后面的账号"), href=more, className="rules-link"))
    new = html.A(w("新账号"), href=PATH + kept(query, new="account"), className="desk-button is-small")
    return panel("accounts", w("账号"), body, note=new)


def _account_row(line: AccountLine, shown: Shown, query: Mapping[str, str], w: Words) -> html.Tr:
    chosen = shown.account is not None and shown.account.name == line.name
    link = html.A(
        line.name,
        href=PATH + kept(query, q=query.get("q", ""), name=line.name),
        className="rules-link",
        **(attributes(aria_current="true") if chosen else {}),
    )
    state = w(STATES[line.state])
    return html.Tr(
        [
            html.Th([link, html.Small(line.display) if line.display != line.name else None], scope="row"),
            html.Td(labels.of(labels.ACCOUNT_ROLE, line.role, w)),
            html.Td(_area(line.area_name, line.area_name_en, w)),
            html.Td(state if line.state is AccountState.GOOD else html.Span(state, className="tag")),
            html.Td(fmt.stamp(line.signed_in_at) if line.signed_in_at else w("从未")),
        ],
        className="is-chosen" if chosen else "",
    )


def _tokens(shown: Shown, query: Mapping[str, str], now: datetime, w: Words) -> html.Section:
    rows = [_token_row(line, shown, query, now, w) for line in shown.tokens]
    heads = (w("令牌"), w("角色"), w("范围"), w("有效至"), w("上次打开"))
    body: Child = (
        table(heads, rows, w("令牌"), kind="rules") if rows else html.P(w("没有在用的令牌"), className="missing")
    )
    new = html.A(w("新令牌"), href=PATH + kept(query, new="token"), className="desk-button is-small")
    return panel("tokens", w("令牌"), [body], sub=w("大屏、组织和程序用链接登录"), note=new)


def _token_row(line: TokenLine, shown: Shown, query: Mapping[str, str], now: datetime, w: Words) -> html.Tr:
    chosen = shown.token is not None and shown.token.id == line.id
    link = html.A(
        f"{line.label} · {line.id}",
        href=PATH + kept(query, token=str(line.id)),
        className="rules-link",
        **(attributes(aria_current="true") if chosen else {}),
    )
    over = line.expires_at is not None and line.expires_at <= now
    until = fmt.stamp(line.expires_at) if line.expires_at else w("撤销为止")
    return html.Tr(
        [
            html.Th(link, scope="row"),
            html.Td([labels.of(labels.ACCOUNT_ROLE, line.role, w), html.Small(line.unit) if line.unit else None]),
            html.Td(_area(line.area_name, line.area_name_en, w)),
            html.Td([until, " ", html.Span(w("已过期"), className="tag")] if over else until),
            html.Td(fmt.stamp(line.used_at) if line.used_at else w("从未")),
        ],
        className="is-chosen" if chosen else "",
    )


def _open(shown: Shown, query: Mapping[str, str], w: Words) -> html.Section:
    said: list[Child] = []
    if shown.told:
        said.append(forms.refused(shown.told))
    if shown.done:
        said.append(forms.done(shown.done))
    if shown.link:
        said.append(_link(shown, w))
    if shown.token is not None:
        return panel("open", w("令牌 {name}", name=shown.token.label), [*said, *_token(shown, shown.token, query, w)])
    if shown.account is not None:
        of = shown.account
        return panel("open", of.name, [*said, *_account(shown, of, query, w)], sub=w(STATES[of.state]))
    if query.get("new") == "token":
        return panel("open", w("新令牌"), [*said, _new_token(shown, query, w)], note=w("改动记入审计"))
    return panel("open", w("新账号"), [*said, _new_account(shown, query, w)], note=w("改动记入审计"))


def _link(shown: Shown, w: Words) -> html.Label:
    if shown.account is None:
        hint = w("这个链接只显示这一次；谁打开它，谁就以这个令牌登录。")
    else:
        hint = w("把这个链接交给本人：只显示这一次，24 小时内打开一次，自己设密码。")
    asked = Input(
        type="text", value=shown.link, readonly="readonly", autofocus="autofocus", className="admin-link", name="link"
    )
    return html.Label([html.Span([w("登录链接"), html.Small(hint)]), asked], className="form-field is-link")


def _account(shown: Shown, of: AccountLine, query: Mapping[str, str], w: Words) -> list[Child]:
    if of.name == shown.me:
        return [html.P(w("自己的账号由别的管理员来改。"), className="rules-said")]
    address = PATH + kept(query, name=of.name)
    chosen = of.area or ""
    change = forms.form(
        shown.form,
        "change",
        [
            forms.field(w("姓名"), "display", value=shown.given.get("display", of.display), maxlength="60"),
            _role(ACCOUNTS, shown.given.get("role", of.role), w),
            area_field(shown.areas, shown.given.get("area", _choice(shown.areas, chosen, w)), w, whole=shown.whole),
            html.Div(forms.button(w("保存"), primary=True), className="rules-acts"),
        ],
        address,
        name=of.name,
        version=str(of.version),
    )
    parts: list[Child] = [change]

    def one(act: str, word: str, hint: str) -> Child:
        said = html.P(hint, className="rules-said")
        return forms.form(shown.form, act, [said, forms.button(word)], address, name=of.name)

    if of.state is AccountState.DISABLED:
        parts.append(one("enable", w("启用账号"), w("启用后可以再登录，原密码仍有效。")))
    else:
        parts.append(one("disable", w("停用账号"), w("停用后不能登录，已登录的浏览器立即退出。")))
        if of.state is not AccountState.DEMO:
            parts.append(one("reset", w("重置密码"), w("作废原密码，生成一个由本人设新密码的链接。")))
    parts.append(html.A(w("看这个账号的审计"), href=f"/audit{kept(query, who=of.name)}", className="rules-link"))
    return parts


def _new_account(shown: Shown, query: Mapping[str, str], w: Words) -> html.Form:
    given = shown.given
    rule = w("2 到 40 个小写字母、数字、点、横线或下划线")
    return forms.form(
        shown.form,
        "add",
        [
            forms.field(
                w("账号"), "name", rule, value=given.get("name", ""), required="required", maxlength="40",
                autocapitalize="none", spellcheck="false",
            ),
            forms.field(w("姓名"), "display", value=given.get("display", ""), maxlength="60"),
            _role(ACCOUNTS, given.get("role", Role.OFFICER), w),
            area_field(shown.areas, given.get("area", ""), w, whole=shown.whole),
            html.P(w("添加后得到一个链接，由本人设密码。"), className="rules-said"),
            html.Div(forms.button(w("添加账号"), primary=True), className="rules-acts"),
        ],
        PATH + kept(query, new="account"),
    )  # fmt: skip


def _new_token(shown: Shown, query: Mapping[str, str], w: Words) -> html.Form:
    given = shown.given
    return forms.form(
        shown.form,
        "issue",
        [
            forms.field(
                w("用途"), "label", w("例如哪面大屏、哪位志愿者"), value=given.get("label", ""), required="required",
                maxlength="60",
            ),
            _role(tuple(Role), given.get("role", Role.WALL), w),
            area_field(shown.areas, given.get("area", ""), w, whole=shown.whole),
            forms.field(
                w("单位"), "unit", w("只给组织：名称或编号，没有的会新建"), value=given.get("unit", ""), maxlength="200"
            ),
            forms.field(
                w("有效天数"), "days", w("不填则到撤销为止"), value=given.get("days", ""), inputmode="numeric",
                maxlength="4",
            ),
            html.Div(forms.button(w("生成令牌"), primary=True), className="rules-acts"),
        ],
        PATH + kept(query, new="token"),
    )  # fmt: skip


def _token(shown: Shown, of: TokenLine, query: Mapping[str, str], w: Words) -> list[Child]:
    facts = ((w("编号"), str(of.id)), (w("生成"), fmt.stamp(of.created_at)), (w("由谁"), of.created_by))
    listed = html.Dl([html.Div([html.Dt(k), html.Dd(v)]) for k, v in facts], className="rules-facts")
    said = html.P(w("撤销后这个链接作废，用它登录的浏览器立即退出，不能恢复。"), className="rules-said")
    revoke = forms.form(
        shown.form, "revoke", [said, forms.button(w("撤销令牌"))], PATH + kept(query), number=str(of.id)
    )
    return [listed, revoke]


def _role(roles: Sequence[Role], chosen: str, w: Words) -> html.Label:
    options = {
        role.value: f"{labels.of(labels.ACCOUNT_ROLE, role, w)} · {labels.of(labels.ACCOUNT_DOES, role, w)}"
        for role in roles
    }
    return forms.select(w("角色"), "role", options, chosen)


def area_field(areas: Sequence[AreaChoice], value: str, w: Words, *, whole: bool) -> html.Div:
    """An area by its code, offered by name: a deployment has more of them than a list can show."""
    hint = w("不填则是全部") if whole else w("不填则是您的整个范围")
    offered = html.Datalist([html.Option(value=_offer(area, w)) for area in areas], id=_LISTED)
    return html.Div([forms.field(w("范围"), "area", hint, value=value, list=_LISTED), offered])


def _choice(areas: Sequence[AreaChoice], code: str, w: Words) -> str:
    return next((_offer(area, w) for area in areas if area.code == code), code)


def _offer(area: AreaChoice, w: Words) -> str:
    return f"{area.code} {w.name(area.name, area.name_en)}"


def _area(name: str | None, name_en: str | None, w: Words) -> str:
    return w.name(name, name_en) if name else w("全部")


def kept(query: Mapping[str, str], **more: str) -> str:
    """What the address of another of these pages carries on, and `more`."""
    carried = {name: query[name] for name in ("lang", "theme") if query.get(name)} | {
        k: v for k, v in more.items() if v
    }
    return f"?{urlencode(carried)}" if carried else ""
