"""``python -m helpers results``: the results table of the README, made from the records of the full runs."""

from collections.abc import Sequence

from helpers import claims, paths, records
from helpers.errors import CourseError
from helpers.files import atomic_write
from helpers.tables import Table

BEGIN, END = "<!-- results -->", "<!-- /results -->"
#: What the table shows: claim prefix → words.
ROWS = {
    "fashion_mnist.published": "Fashion-MNIST, published network",
    "fashion_mnist.course": "Fashion-MNIST, our recipe",
}


def main(argv: Sequence[str]) -> int:
    """Write the table into README.md, between its markers."""
    path = paths.ROOT / "README.md"
    text = with_table(path.read_text("utf-8"))
    with atomic_write(path) as file:
        file.write(text.encode())
    return 0


def with_table(text: str) -> str:
    """The README's text with the present table between the markers.

    Raises:
        CourseError: if the markers are not there.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise CourseError(f"README.md must hold the markers {BEGIN} and {END} once each, around the results table.")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


def table() -> str:
    """The table in Markdown, one row per recipe that has a study or a full record; a sentence if none has."""
    rows = [row for row in (_row(prefix, words) for prefix, words in ROWS.items()) if row]
    return Table(rows).markdown() if rows else "*No full run has been recorded yet.*"


def _row(prefix: str, words: str) -> dict | None:
    name = f"{prefix}.test_accuracy"
    entry = claims.declared()[name]
    tasks = records.runs(entry["study"])
    if not tasks:
        return None
    accuracy = records.summary([task["result"]["test_accuracy"] for task in tasks])
    minutes = records.summary([task["result"]["minutes"] for task in tasks])
    kind = tasks[0]["machine"]
    return {
        "recipe": words,
        "test accuracy": f"{accuracy['value']:.2%} ± {accuracy['spread']:.2%} ({accuracy['n']} seeds)",
        "published": claims.shown(claims.published_value(name), "fraction"),
        "parameters": f"{tasks[0]['result']['parameters']:,}",
        "minutes": f"{minutes['value']:.1f}",
        "machine": f"{kind['cores']} cores, {'bf16' if kind['bf16'] else 'fp32'}",
    }
