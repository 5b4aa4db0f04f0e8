"""``python -m helpers results``: the README's results table, made from the records; nobody types a number there.

The results page of the book is made from the same records, each time the book is built
(:mod:`helpers.course.book_source` asks for :func:`page`).
"""

from collections.abc import Iterator, Sequence

from helpers import claims, paths, profiles, records
from helpers.errors import CourseError
from helpers.files import atomic_write
from helpers.tables import Table

BEGIN, END = "<!-- results -->", "<!-- /results -->"
NOTHING = "*No full run has been recorded yet.*"
SUFFIX = ".test_accuracy"
#: The recipes that the README compares: claim prefix → words.
NAMES = {
    "fashion_mnist.published": "Fashion-MNIST, published network",
    "fashion_mnist.course": "Fashion-MNIST, our recipe",
    "cifar10.published": "CIFAR-10, published network",
    "cifar10.small": "CIFAR-10, our recipe, small",
    "cifar10.course": "CIFAR-10, our recipe",
    "cats_vs_dogs.published": "Cats versus dogs, published network",
    "cats_vs_dogs.augmented": "Cats versus dogs, published network, augmented",
    "cats_vs_dogs.course": "Cats versus dogs, our recipe",
    "vgg16.features": "Cats versus dogs, VGG16's features",
    "vgg16.published": "Cats versus dogs, VGG16 fine-tuned as published",
    "vgg16.fine_tuned": "Cats versus dogs, VGG16 fine-tuned, our recipe",
}
#: The others that claim an accuracy: parts of a lesson's story. The book's page shows them, too.
FURTHER = {
    "scratch.sgd": "Fashion-MNIST, from scratch, plain descent",
    "scratch.adam": "Fashion-MNIST, from scratch, Adam",
    "scratch.dropout": "Fashion-MNIST, from scratch, Adam and dropout",
    "small_convnet.max": "MNIST, small network, largest values",
    "small_convnet.average": "MNIST, small network, means",
    "fashion_mnist.baseline": "Fashion-MNIST, dense network",
    "features.garments": "Fashion-MNIST, the network of lesson 08",
    "features.pets": "Cats versus dogs, the network of lesson 08",
    "explain.small": "Composed pictures, the small network of lesson 09",
}
WORDS = NAMES | FURTHER


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
    return f"{before}{BEGIN}\n{recipes(NAMES)}\n{END}{rest.split(END)[1]}"


def page() -> str:
    """The tables of the book's results page, in Markdown."""
    names = [name.removesuffix(SUFFIX) for name in claims.declared() if name.endswith(SUFFIX)]
    lessons = Table([row for path in paths.lessons() for row in _runs(path.stem)], formats={"seconds": ",.0f"})
    parts = ["## Recipes", recipes(names), *_origins(names)]
    parts += ["## Lessons", lessons.markdown() if lessons.rows else "*No run has been recorded yet.*"]
    return "\n\n".join([*parts, *(part for path in paths.lessons() for part in _claims(path.stem))])


def measurement(prefix: str) -> dict | None:
    """What is recorded about a recipe, from its study if there is one, otherwise from the lesson's full run.

    Args:
        prefix: a claim's name without ``.test_accuracy``, for instance ``"fashion_mnist.course"``.

    Returns:
        ``accuracy`` (as :func:`helpers.records.summary` has it), ``parameters``, ``minutes`` (of training, mean),
        ``machine``, ``versions``; None where nothing is recorded.
    """
    entry = claims.declared()[prefix + SUFFIX]
    if "study" in entry and (found := records.measured(entry["study"])):
        return found
    record = records.load(entry["lesson"], "full")
    if record is None or prefix + SUFFIX not in record["claims"]:
        return None
    group = prefix.split(".")[0]  # recipes that share a network may claim its parameters once
    stated = {
        key: (record["claims"].get(f"{prefix}.{key}") or record["claims"].get(f"{group}.{key}", {})).get("value")
        for key in ("parameters", "minutes")
    }
    return stated | {"accuracy": record["claims"][prefix + SUFFIX], **{k: record[k] for k in ("machine", "versions")}}


def _measured(names: Sequence[str]) -> Iterator[tuple[str, dict]]:
    for name in names:
        if found := measurement(name):
            yield name, found


def recipes(names: Sequence[str]) -> str:
    """The recorded ones among some recipes, one row each, in Markdown; a sentence if there is none."""
    rows = [_recipe(name, found) for name, found in _measured(names)]
    return Table(rows, formats={"minutes": ".1f", "parameters": ",.0f"}).markdown() if rows else NOTHING


def _recipe(name: str, found: dict) -> dict:
    accuracy, machine = found["accuracy"], found["machine"]
    spread = accuracy["spread"] if accuracy["n"] > 1 else None
    return {
        "recipe": WORDS[name],
        "test accuracy": claims.shown(accuracy["value"], "fraction", spread),
        "runs": accuracy["n"],
        "published": claims.shown(claims.published_value(name + SUFFIX), "fraction"),
        "parameters": found["parameters"],
        "minutes": found["minutes"],
        "machine": f"{machine['cores']} cores {'with' if machine['bf16'] else 'without'} bfloat16",
    }


def _origins(names: Sequence[str]) -> Iterator[str]:
    """On which machines, with which versions: a row for all the recipes that share both."""
    shared: dict[tuple[str, str], list[str]] = {}
    for name, found in _measured(names):
        versions = ", ".join(f"{package} {number}" for package, number in found["versions"].items())
        shared.setdefault((_described(found["machine"]), versions), []).append(WORDS[name])
    if shared:
        rows = [{"recipes": "; ".join(n), "machine": m, "versions": v} for (m, v), n in shared.items()]
        yield "### On what, and with what"
        yield Table(rows).markdown()


def _described(machine: dict) -> str:
    memory = f", {machine['memory_gb']:.0f} GB" if machine.get("memory_gb") else ""
    return f"{machine['cpu']}, {machine['cores']} cores{memory}, {'with' if machine['bf16'] else 'without'} bfloat16"


def _runs(lesson: str) -> Iterator[dict]:
    for profile in profiles.PROFILES:
        if record := records.load(lesson, profile):
            yield {
                "lesson": f"[{lesson}](../notebooks/{lesson}.ipynb)",
                "profile": profile,
                "seconds": record["seconds"],
                "machine": _described(record["machine"]),
                "data": "; ".join(f"{name}: {data['source']}" for name, data in record["data"].items()) or None,
            }


def _claims(lesson: str) -> Iterator[str]:
    """Every claim of a lesson from its full record, one table."""
    record = records.load(lesson, "full")
    if record is None or not record["claims"]:
        return
    yield f"### Every claim of lesson {lesson[:2]}"
    rows = [
        {
            "claim": f"`{name}`",
            "full run": claims.shown(entry["value"], entry["unit"]),
            "±": claims.shown(entry["spread"], entry["unit"]) if entry["n"] > 1 else None,
            "runs": entry["n"],
            "published": claims.shown(entry["published"], entry["unit"]),
        }
        for name, entry in record["claims"].items()
    ]
    yield Table(rows).markdown()
