"""The documented template of a kind: a CSV that can be filled in, its columns explained in comment lines."""

from __future__ import annotations

import csv
import io

from data_access.ingest.imports.registry import Entry


def text(entry: Entry) -> str:
    """The template of `entry`: comments, the header, one example row. The comment lines may stay in the file."""
    out = io.StringIO()
    out.write(f"# yiping import {entry.name}: {entry.about}\n")
    out.write("# Columns (* required); '-' and empty mean missing; UTF-8 or GB18030, CSV or XLSX.\n")
    for column in entry.columns:
        others = f" (also: {', '.join(column.also)})" if column.also else ""
        out.write(f"# {column.name}{' *' if column.required else ''}: {column.about}{others}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(column.name for column in entry.columns)
    writer.writerow(column.example for column in entry.columns)
    return out.getvalue()
