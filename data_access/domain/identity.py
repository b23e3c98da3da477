"""Identity numbers and how personal data is shown: check digits, and masks that keep what a duty officer needs.

ID number (公民身份号码): GB 11643, 18 characters, ISO 7064 MOD 11-2. Credit code (统一社会信用代码): GB 32100, 18
characters, MOD 31.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK: Final = "10X98765432"
_CREDIT_DIGITS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_BUILDING: Final = re.compile(r"^(.*(?:号楼|栋|幢|座)|.*?号)")


def valid_id_number(number: str) -> bool:
    """Tell whether `number` is a well-formed ID number: length, date of birth, check digit."""
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return False
    return born_of(number) is not None and number[17] == id_check_digit(number[:17])


def id_check_digit(first17: str) -> str:
    """The last character of the ID number that begins with these 17 digits."""
    return _ID_CHECK[sum(int(d) * w for d, w in zip(first17, _ID_WEIGHTS, strict=True)) % 11]


def born_of(number: str) -> date | None:
    """The date of birth inside an ID number; None when it is no date."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def sex_of(number: str) -> str:
    """M or F: the seventeenth digit of an ID number is odd for men."""
    return "M" if int(number[16]) % 2 else "F"


def valid_credit_code(code: str) -> bool:
    """Tell whether `code` is a well-formed unified social credit code."""
    if len(code) != 18 or any(c not in _CREDIT_DIGITS for c in code):
        return False
    return code[17] == credit_check_digit(code[:17])


def credit_check_digit(first17: str) -> str:
    """The last character of the credit code that begins with these 17 characters."""
    total = sum(_CREDIT_DIGITS.index(c) * w for c, w in zip(first17, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_DIGITS[(31 - total % 31) % 31]


def mask_name(name: str) -> str:
    """张三 → 张*."""
    return f"{name[0]}*" if name else ""


def mask_id_number(number: str) -> str:
    """110105199001011234 → 110105********1234; anything of another length shows nothing of itself."""
    return f"{number[:6]}********{number[-4:]}" if len(number) == 18 else "*" * len(number)


def mask_phone(phone: str) -> str:
    """13812341234 → 138****1234; a shorter number keeps its last two digits."""
    digits = phone.strip()
    if len(digits) >= 11:
        return f"{digits[:3]}****{digits[-4:]}"
    return "*" * max(0, len(digits) - 2) + digits[-2:] if len(digits) > 4 else "*" * len(digits)


def mask_address(address: str) -> str:
    """The address down to the building; what follows (unit, floor, room) is left out."""
    found = _BUILDING.match(address)
    return found[1] if found else re.sub(r"\d.*$", "", address)
