"""What may go wrong by the rules of the field. Each message is a sentence a person can act on."""

from __future__ import annotations


class DomainError(Exception):
    """Something the rules refuse; the message is shown to the person who asked.

    `source` is the sentence as it stands in the catalogue, `named` what fills its braces.
    """

    def __init__(self, source: str, **named: str) -> None:
        super().__init__(source.format(**named) if named else source)
        self.source = source
        self.named = named


class IllegalTransition(DomainError):  # noqa: N818  # reads as the rule it states, not as a crash
    """The thing is not in a state that allows this action."""


class Conflict(DomainError):  # noqa: N818  # as above
    """Somebody else changed the thing first."""


class NotFound(DomainError):  # noqa: N818  # as above
    """No such thing, or not within what the viewer may see."""


class InvalidInput(DomainError):  # noqa: N818  # as above
    """What was sent does not have the form or range it must have."""


class Unavailable(DomainError):  # noqa: N818  # as above
    """Something outside of the program does not answer just now."""


class NotSignedIn(DomainError):  # noqa: N818  # as above
    """Nobody is known to ask."""


class NotAllowed(DomainError):  # noqa: N818  # as above
    """Whoever asks may not do this."""
