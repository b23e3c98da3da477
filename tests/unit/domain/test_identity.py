import pytest

from data_access.domain.identity import (
    born_of,
    credit_check_digit,
    id_check_digit,
    mask_address,
    mask_id_number,
    mask_name,
    mask_phone,
    sex_of,
    valid_credit_code,
    valid_id_number,
)


def test_the_check_digit_of_the_standards_own_example() -> None:
    assert id_check_digit("11010519491231002") == "X"
    assert valid_id_number("11010519491231002X")


@pytest.mark.parametrize(
    "number", ["110105194912310021", "11010519491231002", "11010519491331002X", "11010519491231002x", "", "一" * 18]
)
def test_a_wrong_digit_length_or_date_is_no_id_number(number: str) -> None:
    assert not valid_id_number(number)


def test_one_changed_digit_is_always_found() -> None:
    good = "11010519491231002X"
    for place in range(17):
        for digit in "0123456789":
            if digit != good[place]:
                assert not valid_id_number(good[:place] + digit + good[place + 1 :])


def test_birth_and_sex_come_from_the_number() -> None:
    born = born_of("11010519491231002X")
    assert born is not None
    assert born.isoformat() == "1949-12-31"
    assert sex_of("11010519491231002X") == "F"


def test_credit_codes() -> None:
    assert credit_check_digit("91350100M000100Y4") == "3"
    assert valid_credit_code("91350100M000100Y43")
    assert not valid_credit_code("91350100M000100Y44")
    assert not valid_credit_code("91350100I000100Y43")  # I is not a digit of the code
    assert not valid_credit_code("91350100M000100Y4")


def test_masks_show_no_more_than_they_may() -> None:
    assert mask_name("张三丰") == "张*"
    assert mask_name("") == ""
    assert mask_id_number("110105199001011234") == "110105********1234"
    assert mask_id_number("E1234567") == "********"
    assert mask_phone("13812341234") == "138****1234"
    assert mask_phone("0755123") == "*****23"
    assert mask_address("贝丽北路89号501") == "贝丽北路89号"
    assert mask_address("翠竹路1001号水贝工业区3栋2单元501室") == "翠竹路1001号水贝工业区3栋"
