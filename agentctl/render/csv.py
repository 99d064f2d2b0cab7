"""The tables of a view as CSV (RFC 4180). Only the first table with rows: a spreadsheet wants one.

A cell that a spreadsheet would take for a formula is written with a leading apostrophe.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from agentctl.model.redaction import redact
from agentctl.model.untrusted import visible
from agentctl.render.blocks import Block, Table

_NUMBER = re.compile(r"[-+]?\$?[\d.,]+%?")


def to_csv(blocks: Sequence[Block]) -> str:
    """All columns and rows of the first table; empty text where there is none."""
    table = next((b for b in blocks if isinstance(b, Table)), None)
    if table is None:
        return ""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    for row in table.rows:
        writer.writerow([_cell(cell.text) for cell in row])
    return out.getvalue()


def _cell(text: str) -> str:
    shown = visible(redact(text))
    return "'" + shown if shown[:1] in ("=", "+", "-", "@") and not _NUMBER.fullmatch(shown) and shown != "-" else shown
