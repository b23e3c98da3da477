import numpy as np
import pytest

from data_access.demo import names
from data_access.demo.chance import Chance

WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def test_identity_numbers_check_out_belong_to_nobody_and_never_repeat() -> None:
    chance = Chance(1, "people")
    born = np.datetime64("1990-01-01") + chance.whole(5_000, 0, 400).astype("timedelta64[D]")
    male = chance.uniform(5_000) < 0.5
    numbers = names.identity_numbers(7, born, male, chance).tolist()
    assert len(set(numbers)) == 5_000
    for number, day, man in zip(numbers, born.tolist(), male.tolist(), strict=True):
        assert number.startswith("990007")  # no province 99
        assert number[6:14] == f"{day:%Y%m%d}"
        assert int(number[16]) % 2 == man
        assert number[17] == "10X98765432"[sum(int(d) * w for d, w in zip(number, WEIGHTS, strict=False)) % 11]


def test_two_communities_never_share_an_identity_number() -> None:
    born, male = np.full(500, np.datetime64("1980-05-05")), np.ones(500, dtype=bool)
    one, other = (names.identity_numbers(n, born, male, Chance(1, "x")).tolist() for n in (1, 2))
    assert len({*one, *other}) == 1_000


def test_phones_cannot_be_dialled() -> None:
    phones = names.phones(Chance(1, "phones"), 1_000).tolist()
    assert all(len(p) == 11 and p.startswith("000") and p.isdigit() for p in phones)


def test_credit_codes_check_out_and_name_no_real_division() -> None:
    digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    codes = names.credit_codes(1, 200)
    assert len(set(codes)) == 200
    for code in codes:
        assert code[2:4] == "99"
        total = sum(digits.index(c) * pow(3, n, 31) for n, c in enumerate(code[:17]))
        assert (total + digits.index(code[17])) % 31 == 0


@pytest.mark.parametrize("count", [1, 18, 100])
def test_estates_have_different_names(count: int) -> None:
    found = names.estate_names(Chance(1, "e"), "水贝社区", count)
    assert len(set(found)) == count
    assert all(name.startswith("水贝") for name in found)
