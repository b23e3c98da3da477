"""New words are what the weeks before hardly knew; persons, numbers and what was always said are none."""

from __future__ import annotations

import random

from data_access.domain.new_words import MOST, find, may_be_names, words_of

USUAL = (
    "小区门口垃圾没有人清运，气味很大",
    "楼下烧烤店油烟扰民",
    "夜间施工噪声影响休息",
    "路灯不亮，晚上看不清路",
    "井盖破损，有安全风险",
)


def _weeks(seed: int, many: int) -> list[str]:
    chance = random.Random(seed)
    return [chance.choice(USUAL) for _ in range(many)]


def test_a_word_that_the_past_hardly_knew_is_found_whole() -> None:
    texts = _weeks(1, 80) + [
        f"{where}充电桩起火，没有人处理" for where in ("东门", "广场旁", "停车场", "三号楼", "北门", "车库")
    ]
    words = find(texts, [*_weeks(2, 640), "充电桩不能用"])
    assert words[0].text == "充电桩起火"
    assert (words[0].last, words[0].before) == (6, 0)
    assert not any(word.text != words[0].text and word.text in words[0].text for word in words)


def test_weeks_of_the_same_texts_have_no_new_words() -> None:
    weeks = [find(_weeks(seed, 80), _weeks(1_000 + seed, 640)) for seed in range(40)]
    assert sum(map(len, weeks)) <= 4 + 6  # 0.1 a week, three standard errors above


def test_telephones_numbers_and_persons_are_no_words() -> None:
    texts = [
        f"王建国先生来电，联系人：李小明，电话 1380013800{n}，身份证 44030319800101123{n}，车牌粤B1234{n}"
        for n in range(9)
    ]
    assert all(not any(c.isdigit() for c in word) for text in texts for word in words_of(text))
    found = {word for text in texts for word in words_of(text)}
    assert not any(name in word for word in found for name in ("王建国", "建国先生", "李小明", "小明"))


def test_what_could_be_a_name_is_looked_up_before_it_is_shown() -> None:
    texts = [f"高明辉{did}" for did in ("堆放杂物", "占用楼道", "又来吵闹", "养狗扰民", "乱停车辆", "深夜唱歌")]
    words = find(texts + _weeks(3, 60), _weeks(4, 500))
    assert [word.text for word in words] == ["高明辉"]
    assert "高明辉" in may_be_names(words)


def test_no_text_or_no_past_is_no_news_and_the_list_is_short() -> None:
    assert find([], _weeks(5, 9)) == ()
    assert find(_weeks(6, 9), []) == ()
    fresh = ["".join(chr(0x4E00 + 40 * n + k) for k in range(6)) for n in range(30)]
    assert len(find(fresh * 6, _weeks(7, 1_500))) <= MOST
