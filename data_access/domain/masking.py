"""How personal data is shown where nobody asked to unmask it: 张*, 138****1234, 110105********1234."""

from __future__ import annotations


def name(full: str) -> str:
    """The first character of a name and a star."""
    return f"{full[:1]}*" if full else ""


def phone(number: str | None) -> str | None:
    """The first three and last four digits; of a short number nothing but stars."""
    if not number:
        return None
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else "*" * len(number)


def id_number(number: str) -> str:
    """The place of registration and the last four digits."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}" if len(number) > 10 else "*" * len(number)
