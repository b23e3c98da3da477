"""Whose columns are whose: a file's header against a template, by name, by known other names, by `--mapping`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from data_access.domain.errors import InvalidInput
from data_access.ingest.imports.columns import Cells, Column
from data_access.ingest.imports.reader import Row


class HeaderMap:
    """Reads rows of one file under a template's names. `unused` are the file's columns that nothing asked for."""

    def __init__(self, header: Sequence[str], columns: Sequence[Column], given: Mapping[str, str]) -> None:
        """`given` maps a file's column to ours. Raises `InvalidInput` naming every column that is missing."""
        ours = {column.name for column in columns}
        for theirs, name in given.items():
            if theirs not in header:
                raise InvalidInput(f"--mapping names the column {theirs!r}, which the file does not have.")
            if name not in ours:
                raise InvalidInput(f"--mapping names {name!r}; the columns are {', '.join(sorted(ours))}.")
        taken = {name: theirs for theirs, name in given.items()}
        for column in columns:
            free = (n for n in (column.name, *column.also) if n in header and n not in given)
            if column.name not in taken and (found := next(free, None)):
                taken[column.name] = found
        lacking = [column.name for column in columns if column.required and column.name not in taken]
        if lacking:
            raise InvalidInput(
                f"The file has no column {', '.join(lacking)}. It has: {', '.join(h for h in header if h)}. "
                "See --template, or say which is which with --mapping theirs=ours."
            )
        self._taken = taken
        self.unused = tuple(h for h in header if h and h not in taken.values())

    def cells(self, row: Row) -> Cells:
        """The row under our names."""
        return Cells(row.line, {name: row.values.get(theirs) for name, theirs in self._taken.items()})


def parse_mapping(given: Sequence[str]) -> dict[str, str]:
    """Read `--mapping` values: `theirs=ours` pairs, or a file of such lines, or a JSON object."""
    found: dict[str, str] = {}
    for entry in given:
        if "=" in entry:
            theirs, _, ours = entry.partition("=")
            found[theirs.strip()] = ours.strip()
            continue
        path = Path(entry)
        if not path.is_file():
            raise InvalidInput(f"--mapping {entry}: neither theirs=ours nor a file.")
        found |= _read(path)
    return found


def _read(path: Path) -> dict[str, str]:
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text("gb18030", errors="replace")  # as an editor on a Chinese Windows saves it
    if text.lstrip().startswith("{"):
        try:
            return {str(theirs): str(ours) for theirs, ours in json.loads(text).items()}
        except ValueError as error:
            raise InvalidInput(f"{path.name} is not a JSON object of strings: {error}.") from error
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {theirs.strip(): ours.strip() for theirs, _, ours in pairs}
