"""New words (新词) in the texts of cases: strings of characters that the weeks before hardly knew.

No dictionary: a new word is what a dictionary lacks. The rule:

1. A text is cut at everything that is not a Chinese character, and where it names a person (a family name with a title,
   what follows 姓名 or 联系人). Digits and letters fall away with that: no telephone or identity number can be a word.
2. Words are all strings of 2 to 6 characters that neither begin nor end with a particle. How many texts of the newest
   week have the word is compared with the weeks before as hot topics are: the binomial upper tail, given how many texts
   have it in all, with FALSE_ALARMS false alarms a week at most on average.
3. Of words within each other that stand in nearly the same texts the longest stays: 充电桩起火 and not 电桩起.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from data_access.domain.hot_topics import FALSE_ALARMS, tail

LEAST: Final = 4
"""Fewer texts than this make no word."""
FACTOR: Final = 3.0
"""A word that is not this many times as frequent as before is not new."""
MOST: Final = 12
LONGEST_TEXT: Final = 160
"""Characters of a text that are read: what is the matter is said at its beginning."""
_SHORTEST, _LONGEST = 2, 6
_SAME: Final = 0.7
"""Share of the longer word's texts among the shorter's above which the shorter says nothing of its own."""
_RUN: Final = re.compile(r"[\u4e00-\u9fff]{2,}")
_EDGES: Final = frozenset(
    "的了着过在是有和与及或也都又被把对向从到等很不没要我你他她它们这那其个们呢吗吧啊已就还请并且为以于而之"
)
FAMILY: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安"
)
"""The hundred most frequent family names and some more."""
_PERSON: Final = re.compile(
    rf"[{FAMILY}][\u4e00-\u9fff]{{0,2}}?(?:先生|女士|小姐|太太|老师|师傅|老板|经理|主任|书记|阿姨|大爷|大妈|某)"
    r"|(?:姓名|联系人|投诉人|反映人|举报人|当事人|住户|户主|业主|我叫|名叫|我是|我姓)[是为:：\s]*[\u4e00-\u9fff]{2,3}"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A new word: texts of the newest week that have it, texts before, what those let expect, the probability."""

    text: str
    last: int
    before: int
    expected: float
    probability: float


def find(texts: Sequence[str], before: Sequence[str]) -> tuple[Word, ...]:
    """The new words of `texts` beside those `before`, least likely by chance first; `MOST` at most."""
    if not texts or not before:
        return ()
    now, past = _counted(texts), _counted(before)
    share = len(texts) / (len(texts) + len(before))
    every = Counter(now)
    every.update(past)
    tested = sum(n >= LEAST for n in every.values())
    found = []
    for text, last in now.items():
        expected = past[text] * share / (1 - share)
        if last < LEAST or last < FACTOR * expected:
            continue
        probability = tail(last, every[text], share)
        if probability < FALSE_ALARMS / tested:
            found.append(Word(text, last, past[text], expected, probability))
    return _longest(found)


def words_of(text: str) -> set[str]:
    """All that may be a word in `text`."""
    found: set[str] = set()
    for run in _RUN.findall(_PERSON.sub("，", text[:LONGEST_TEXT])):
        for start, first in enumerate(run):
            if first in _EDGES:
                continue
            for end in range(start + _SHORTEST, min(start + _LONGEST, len(run)) + 1):
                if run[end - 1] not in _EDGES:
                    found.add(run[start:end])
    return found


def may_be_names(words: Iterable[Word]) -> set[str]:
    """What in `words` could be the full name of somebody: to be looked up before any of them is shown."""
    return {
        part
        for word in words
        for start, first in enumerate(word.text)
        if first in FAMILY
        for part in (word.text[start : start + 2], word.text[start : start + 3])
        if len(part) > 1
    }


def _counted(texts: Sequence[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for text in texts:
        found.update(words_of(text))
    return found


def _longest(found: list[Word]) -> tuple[Word, ...]:
    kept: list[Word] = []
    for word in sorted(found, key=lambda word: (-len(word.text), word.probability, word.text)):
        if not any(word.text in one.text and one.last >= _SAME * word.last for one in kept):
            kept.append(word)
    kept.sort(key=lambda word: (word.probability, -word.last, -len(word.text), word.text))
    shown: list[Word] = []
    for word in kept:  # of those that overlap (起火冒烟 and 火冒烟), the clearer
        if not any(_overlap(word.text, one.text) for one in shown):
            shown.append(word)
    return tuple(shown[:MOST])


def _overlap(a: str, b: str) -> bool:
    """Whether the end of one is the beginning of the other, or one lies within the other."""
    if a in b or b in a:
        return True
    return any(a.endswith(b[:n]) or b.endswith(a[:n]) for n in range(2, min(len(a), len(b))))
