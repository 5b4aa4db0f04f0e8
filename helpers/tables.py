"""Small tables that look right in a notebook, in the book and in a terminal."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from numbers import Integral, Real


class Table:
    """Rows of named cells; shown as HTML in a notebook and as aligned text in a terminal.

    Args:
        rows: one mapping per row; a missing or ``None`` cell is drawn as a dash.
        columns: which keys to show, in which order; by default those of the first row.
        caption: one sentence above the table.
        formats: format specifications by column, for instance ``{"test accuracy": ".2%"}``;
            they apply to numbers only. A blank goes before every "%", as in the text of the course.
    """

    def __init__(
        self,
        rows: Sequence[Mapping[str, object]],
        columns: Sequence[str] | None = None,
        *,
        caption: str = "",
        formats: Mapping[str, str] | None = None,
    ) -> None:
        self.rows = list(rows)
        self.columns = list(columns if columns is not None else (self.rows[0] if self.rows else ()))
        self.caption = caption
        self.formats = dict(formats or {})

    def _cell(self, row: Mapping[str, object], column: str) -> str:
        value = row.get(column)
        if value is None:
            return "–"
        form = ""
        if isinstance(value, Real) and not isinstance(value, bool):
            form = self.formats.get(column, ",d" if isinstance(value, Integral) else ".4g")
        return re.sub(r"(?<=\d)%", " %", format(value, form))

    def _is_number(self, column: str) -> bool:
        return any(isinstance(row.get(column), Real) for row in self.rows)

    def _repr_html_(self) -> str:
        align = {c: "right" if self._is_number(c) else "left" for c in self.columns}
        head = "".join(f'<th style="text-align:{align[c]}">{escape(c)}</th>' for c in self.columns)
        body = "".join(
            "<tr>"
            + "".join(f'<td style="text-align:{align[c]}">{escape(self._cell(r, c))}</td>' for c in self.columns)
            + "</tr>"
            for r in self.rows
        )
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def markdown(self) -> str:
        """The same table in Markdown, for the README."""
        lines = ["| " + " | ".join(self.columns) + " |"]
        lines.append("|" + "|".join("---:" if self._is_number(c) else "---" for c in self.columns) + "|")
        lines += ["| " + " | ".join(self._cell(r, c) for c in self.columns) + " |" for r in self.rows]
        return "\n".join(lines)

    def __str__(self) -> str:
        cells = [self.columns] + [[self._cell(r, c) for c in self.columns] for r in self.rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        right = [self._is_number(c) for c in self.columns]
        lines = [
            "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)).rstrip()
            for row in cells
        ]
        return "\n".join(([self.caption] if self.caption else []) + lines)

    __repr__ = __str__
