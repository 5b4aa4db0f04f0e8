"""What a check says."""

from html import escape

from helpers.tables import Table


class Finding:
    """The result of a check: true if all is well.

    Attributes:
        check: name of the check.
        ok: whether it passed.
        message: what was found, what was expected and, if it failed, what to do.
        table: details, or None.
        values: the numbers behind the message, by name.
    """

    def __init__(self, check: str, ok: bool, message: str, *, table: Table | None = None, **values: object) -> None:
        self.check, self.ok, self.message, self.table, self.values = check, bool(ok), message, table, values

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        line = f"{'✓' if self.ok else '✗'} {self.check}: {self.message}"
        return line if self.table is None else f"{line}\n{self.table}"

    def _repr_html_(self) -> str:
        sign, colour = ("✓", "#1b7f4d") if self.ok else ("✗", "#b5482a")
        details = "" if self.table is None else self.table._repr_html_()
        return (
            f'<div style="border-left:4px solid {colour};padding:.3em .8em">'
            f"<strong>{sign} {escape(self.check)}.</strong> {escape(self.message)}{details}</div>"
        )
