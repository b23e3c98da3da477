import pytest

from data_access.domain.accounts import GUEST, PERMISSIONS, Action, Role, account_name, check_password
from data_access.domain.errors import InvalidInput


def test_each_role_has_its_permissions_and_no_other() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert PERMISSIONS[Role.WALL] == frozenset()
    assert PERMISSIONS[Role.ADMINISTRATOR] == frozenset(Action)
    assert Action.ACT_ON_ALARMS not in PERMISSIONS[Role.LEADER] | PERMISSIONS[Role.GRID_WORKER]
    assert Action.MANAGE_USERS not in PERMISSIONS[Role.OFFICER]
    assert {Action.SEE_ROWS} == GUEST


@pytest.mark.parametrize("name", ["Wang ", "demo-officer", "a1", "li.na_2"])
def test_names(name: str) -> None:
    assert account_name(name) == name.strip().lower()


@pytest.mark.parametrize("name", ["", "a", "王", "-x1", "a b", "x" * 41, "a/b"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(InvalidInput):
        account_name(name)


@pytest.mark.parametrize("password", ["Clear-night-7", "yiping-demo-2026", "早上好abc-1234"])
def test_passwords(password: str) -> None:
    check_password(password, "wang", shortest=10)


@pytest.mark.parametrize(
    "password",
    ["short-1", "x" * 200 + "1", "only-letters-here", "1234567890", "wang-2026-ok", "a1a1a1a1a1", "password-2026"],
)
def test_what_is_no_password(password: str) -> None:
    with pytest.raises(InvalidInput):
        check_password(password, "wang", shortest=10)
