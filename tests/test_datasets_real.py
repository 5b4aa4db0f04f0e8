"""What the course really loads: the samples and the photograph, offline; and all of every set from the registries.

The last test reaches the real registries; it runs only with COURSE_TEST_NETWORK=1.
"""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toy_datasets import everything_in

from helpers import paths
from helpers.datasets import cifar10, content_hash, fashion_mnist, mnist, photos, search
from helpers.errors import CourseError

pytestmark = pytest.mark.usefixtures("own_cache")

MODULES = (fashion_mnist, mnist, cifar10)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.SPEC.name)
def test_quick_loads_the_sample_without_any_network(
    module: object, monkeypatch: pytest.MonkeyPatch, no_network: None
) -> None:
    monkeypatch.setenv("COURSE_PROFILE", "quick")
    data = module.load()
    train, test = {"fashion_mnist": (6000, 1000), "mnist": (3000, 500), "cifar10": (2000, 500)}[data.name]
    image, label = ((32, 32, 3), (1,)) if data.name == "cifar10" else ((28, 28), ())
    assert data.x_train.shape == (train, *image) and data.x_test.shape == (test, *image)
    assert data.y_train.shape == (train, *label) and data.y_test.shape == (test, *label)
    assert data.x_train.dtype == data.x_test.dtype == np.uint8
    assert data.y_train.dtype == data.y_test.dtype == np.int64
    assert set(np.bincount(data.y_train.ravel())) == {train // 10}
    assert set(np.bincount(data.y_test.ravel())) == {test // 10}
    assert data.is_sample and "sample" in data.source and len(data.class_names) == 10
    assert len({image.tobytes() for image in data.x_train}) > 0.99 * train


def test_cat_is_a_colour_photograph(no_network: None) -> None:
    cat = photos.cat()
    assert cat.shape == (300, 451, 3) and cat.dtype == np.uint8 and cat.std() > 20


def test_altered_or_missing_photograph_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = (paths.SAMPLES / "photos/chelsea.png").read_bytes()
    monkeypatch.setattr(paths, "SAMPLES", tmp_path)
    with pytest.raises(CourseError, match=r"chelsea\.png is missing.*git checkout"):
        photos.cat()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/chelsea.png").write_bytes(picture[:-1] + b"?")
    with pytest.raises(CourseError, match=r"chelsea\.png is altered: found SHA-256 .* expected"):
        photos.cat()


def test_nothing_here_imports_tensorflow() -> None:
    code = (
        "import sys; import helpers.datasets, helpers.datasets.mnist, helpers.course.data;"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT).returncode == 0


@pytest.mark.skipif(os.environ.get("COURSE_TEST_NETWORK") != "1", reason="needs COURSE_TEST_NETWORK=1")
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.SPEC.name)
def test_real_registries_give_the_committed_bytes(module: object, own_cache: Path) -> None:
    spec = replace(module.SPEC, downloads=(), system_folder=None)
    data = search.load_full(spec)
    assert data.source == spec.packages[0].title
    assert content_hash({name: getattr(data, name) for name in ("x_train", "y_train", "x_test", "y_test")}) == (
        spec.full_hash
    )
    assert search.load_full(spec).source.endswith("kept in the course's cache")
    assert everything_in(own_cache) == [f"datasets/{spec.name}.npz"]
