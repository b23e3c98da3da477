from __future__ import annotations

from data_access.domain import masking


def test_names_phones_and_numbers_are_shown_as_the_rules_say() -> None:
    assert masking.name("张三丰") == "张*"
    assert masking.phone("13812341234") == "138****1234"
    assert masking.id_number("110105199001011234") == "110105********1234"


def test_what_is_too_short_to_mask_shows_nothing() -> None:
    assert masking.phone("5551234") == "*******"
    assert masking.phone(None) is None
    assert masking.name("") == ""


def test_a_title_before_a_name_is_no_part_of_it_and_alone_names_nobody() -> None:
    assert [masking.name(full) for full in ("值班员 王敏", "网格员陈芳", "社区民警 李强")] == ["王*", "陈*", "李*"]
    assert [masking.name(full) for full in ("管理员", "坐席 03")] == ["管理员", "坐席 03"]


def test_of_typed_words_no_number_is_left_and_of_an_address_the_building() -> None:
    assert masking.numbers("电话 138-0013-8000，晚上 7 点后") == "电话 ****，晚上 7 点后"
    for full in ("水贝二路 15 号 3 栋 602", "水贝二路 15 号 3 栋 2 单元 602 室", "水贝二路 15 号 3 栋 6 楼 B602"):
        assert masking.address(full) == "水贝二路 15 号 3 栋"
    assert masking.address("翠竹苑 3号楼502") == "翠竹苑 3号楼"
    for whole in ("水贝二路 15 号", "水贝地铁站 A 口", "田贝四路 42 号 万山珠宝园"):
        assert masking.address(whole) == whole
