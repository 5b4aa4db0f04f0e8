"""The files in data/: the committed bytes, small enough, each with a card and a licence."""

import importlib.util
import re

import numpy as np
import pytest
from PIL import Image

from helpers import paths
from helpers.course.data import SPECS
from helpers.datasets import cats_vs_dogs, checksums, content_hash, layouts, pictures, search, weights

CARDS = (paths.SAMPLES / "README.md").read_text("utf-8")
LIMIT = 32_000_000  # bytes of data/ altogether


def make_samples():
    spec = importlib.util.spec_from_file_location("make_samples", paths.SAMPLES / "make_samples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def data_files() -> set[str]:
    """Every file in data/ by its path from there, without what Python leaves behind."""
    return {
        path.relative_to(paths.SAMPLES).as_posix()
        for path in paths.SAMPLES.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_every_file_is_accounted_for() -> None:
    scripts = {"make_samples.py", "make_cats_vs_dogs.py", "make_cutouts.py", "make_vgg16.py"}
    prose = {"README.md", "checksums.toml", *scripts}
    drawn = {f"cats_vs_dogs/{name}/{i}.png" for name in ("Cat", "Dog") for i in range(500)}
    licences = {name for name in data_files() if name.startswith("licences/")}
    samples = {f"{name}.npz" for name in SPECS}
    listed = set(checksums.table()["files"]) | {"cats_vs_dogs.txt", "vgg16_8bit.npz"}
    assert data_files() == prose | drawn | licences | samples | listed


def test_data_stay_small() -> None:
    assert sum((paths.SAMPLES / name).stat().st_size for name in data_files()) < LIMIT


@pytest.mark.parametrize("name", SPECS)
def test_sample_has_the_committed_hash(name: str) -> None:
    with np.load(SPECS[name].sample_path, allow_pickle=False) as file:
        assert sorted(file.files) == ["x_test", "x_train", "y_test", "y_train"]
        assert content_hash(dict(file)) == checksums.sample(name)
    assert checksums.sample(name) != checksums.full(name)


@pytest.mark.parametrize("name", SPECS)
def test_sample_has_no_test_image_in_its_training_part(name: str) -> None:
    data = search.load_sample(SPECS[name])
    train = {image.tobytes() for image in data.x_train}
    assert not [i for i, image in enumerate(data.x_test) if image.tobytes() in train]


@pytest.mark.parametrize("name", SPECS)
def test_expected_files_fit_the_complete_set(name: str) -> None:
    """Lengths follow from the format: a wrong checksum table cannot describe this many images."""
    spec = SPECS[name]
    if name == "cifar10":
        assert sum(file.bytes for file in spec.raw.values()) == spec.total * (1 + 3 * 32 * 32)
    else:
        headers, pixels = 2 * 16 + 2 * 8, spec.total * (28 * 28 + 1)
        assert sum(file.bytes for file in spec.raw.values()) == headers + pixels
    for file in spec.raw.values():
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
    assert [download.urls[0].split("/")[-1] for download in spec.downloads] == list(checksums.archives(name))


def test_photographs_are_whole() -> None:
    for name in checksums.table()["files"]:
        Image.open(paths.SAMPLES / name).verify()


@pytest.mark.parametrize("name", SPECS)
def test_table_of_the_cards_is_true(name: str) -> None:
    spec, sizes = SPECS[name], make_samples().SIZES[name]
    row = next(line for line in CARDS.splitlines() if line.startswith(f"| [{spec.title}](#"))
    _, _, sample, file_mb, complete, mb, _, _ = (cell.strip() for cell in row.split("|"))
    data = search.load_sample(spec)
    assert sample == f"{len(data.x_train):,} + {len(data.x_test):,}" == f"{sizes[0] * 10:,} + {sizes[1] * 10:,}"
    assert float(file_mb) == round(spec.sample_path.stat().st_size / 1e6, 1)
    assert sum(int(part.replace(",", "")) for part in complete.split("+")) == spec.total
    pixels = spec.total * (np.prod(data.x_train.shape[1:]) + data.y_train.itemsize)
    assert float(mb) == round(pixels / 1e6, 1)


def test_the_overview_of_the_photographs_is_right() -> None:
    row = next(line for line in CARDS.split("\n") if line.startswith("| [Cats versus dogs](#"))
    _, _, sample, file_mb, complete, mb, _, _ = (cell.strip() for cell in row.split("|"))
    size = sum(p.stat().st_size for p in (paths.SAMPLES / "cats_vs_dogs").rglob("*.png"))
    assert (sample, file_mb) == ("400 + 200 + 400", f"{size / 1e6:.1f}")
    assert complete == " + ".join(f"{2 * len(r):,}" for r in cats_vs_dogs.PARTS.values())
    assert float(mb) == round(cats_vs_dogs.MEGABYTES, 1)


@pytest.mark.parametrize(("layout", "title"), [(layouts.VGG16, "VGG16"), (layouts.RESNET50, "ResNet50")])
def test_the_overview_of_the_networks_is_right(layout: layouts.Layout, title: str) -> None:
    row = next(line for line in CARDS.split("\n") if line.startswith(f"| [{title}](#"))
    _, _, _, file_mb, complete, mb, _, _ = (cell.strip() for cell in row.split("|"))
    assert complete == f"{sum(map(np.prod, layout.shapes.values())):,} float weights"
    assert float(mb) == round(layout.megabytes, 1)
    if layout is layouts.VGG16:
        assert float(file_mb) == round(weights.SAMPLE.stat().st_size / 1e6, 1)


def test_the_sample_of_the_photographs_is_new_and_unaltered() -> None:
    """Its pictures are not those of the sample of CIFAR-10, and their pixels have the committed hash."""
    assert pictures.digest(cats_vs_dogs.verified_sample()) == checksums.sample("cats_vs_dogs")
    data = search.load_sample(SPECS["cifar10"])
    known = {image.tobytes() for image in (*data.x_train, *data.x_test)}
    files = sorted((paths.SAMPLES / "cats_vs_dogs").rglob("*.png"))
    found = [np.asarray(Image.open(p)).tobytes() for p in files]
    assert len(set(found)) == 1000 and not known & set(found)


@pytest.mark.parametrize(
    "title", [*(spec.title for spec in SPECS.values()), "Cats versus dogs", "VGG16", "ResNet50", "Animals"]
)
def test_card_has_every_part(title: str) -> None:
    card = CARDS.split(f"\n## {title}\n")[1].split("\n## ")[0]
    for part in ("What", "Origin", "Licence", "Cite", "Split", "Known faults"):
        assert f"**{part}:**" in card, f"{title} has no {part}"


def test_links_of_the_cards_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", CARDS)
    assert len(links) >= 4
    for link in links:
        assert (paths.SAMPLES / link).is_file(), link


def test_licences_are_the_real_ones() -> None:
    mit = (paths.SAMPLES / "licences/fashion-mnist-MIT.txt").read_text("utf-8")
    assert "2017 Zalando SE" in mit and "WITHOUT WARRANTY OF ANY KIND" in mit
    oxford = (paths.SAMPLES / "licences/vgg16-CC-BY-4.0.txt").read_text("utf-8")
    assert "University of Oxford" in oxford and "Attribution 4.0" in oxford and "Changed:" in oxford
    assert "CC0 1.0" in (paths.SAMPLES / "licences/chelsea-CC0.txt").read_text("utf-8")
    gpl = (paths.SAMPLES / "licences/tuxpaint-stamps-GPL-2.txt").read_text("utf-8")
    assert "Bill Kendrick" in gpl and "Version 2, June 1991" in gpl and "TERMS AND CONDITIONS" in gpl
    assert "none is stated" in CARDS.split("\n## CIFAR-10\n")[1]


def test_sample_rows_are_balanced_and_spread_over_the_order() -> None:
    labels = np.random.default_rng(0).integers(0, 10, 5000)
    rows = make_samples().rows(labels, 40)
    assert len(rows) == 400 == len(set(rows)) and list(rows) == sorted(rows)
    assert set(np.bincount(labels[rows])) == {40}
    assert abs((rows < 2500).mean() - 0.5) < 0.05
    assert np.array_equal(rows, make_samples().rows(labels[:, None], 40)), "labels may have the shape (N, 1)"
