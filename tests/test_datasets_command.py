"""`python -m helpers data`: what is here, what it fetches, mends and drops."""

from dataclasses import replace
from pathlib import Path

import pytest
from toy_datasets import downloads, everything_in, hash_of, npz, serve, tiny_files, tiny_spec

from helpers import paths
from helpers.course import data as command
from helpers.datasets import search, store
from helpers.errors import CourseError

pytestmark = pytest.mark.usefixtures("own_cache")


def test_overview_lists_all_and_touches_no_network(
    no_network: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    for name, spec in command.SPECS.items():  # whatever this machine has installed
        monkeypatch.setitem(command.SPECS, name, replace(spec, system_folder=None))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert command.main([]) == 0
    said = capsys.readouterr().out
    for name, spec in command.SPECS.items():
        assert said.count(spec.title) >= 2
        assert f"python -m helpers data fetch {name} (" in said
    assert [row["state"] for row in command.overview()] == [
        *(["here", "missing"] * 5),  # four sets and VGG16
        "missing",  # ResNet50 has no sample
        *(["here"] * 2),  # the photograph and the animals
    ]


def test_overview_reports_damage_and_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    npz(store.cached("mnist"), "good")
    assert command.main([]) == 1
    said = capsys.readouterr().out
    assert "DAMAGED" in said and "mnist.npz is altered" in said and "data fetch mnist" in said


def test_fetch_mends_a_damaged_cache(web: tuple, capsys: pytest.CaptureFixture, own_cache: Path) -> None:
    address, folder, _ = web
    files = tiny_files()
    serve(folder, files)
    spec = tiny_spec(files, downloads=downloads(files, address))
    npz(store.cached("tiny"), "truncated")
    assert command.fetch([spec]) == 0
    assert "fetched from the official download" in capsys.readouterr().out
    assert hash_of(search.load(spec)) == spec.full_hash
    assert command.fetch([spec]) == 0
    assert "already here" in capsys.readouterr().out
    assert everything_in(own_cache) == ["datasets/tiny.npz"]


def test_fetch_goes_on_after_a_failure(web: tuple, capsys: pytest.CaptureFixture) -> None:
    address, folder, _ = web
    files = tiny_files()
    serve(folder, files)
    good = tiny_spec(files, downloads=downloads(files, address))
    assert command.fetch([replace(good, name="other", downloads=()), good]) == 1
    said = capsys.readouterr()
    assert "Three ways out" in said.err and "fetched from the official download" in said.out


def test_drop_removes_a_sample_and_says_how_to_get_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(paths, "SAMPLES", tmp_path)
    (tmp_path / "cifar10.npz").write_bytes(b"anything")
    assert command.main(["drop", "cifar10"]) == 0
    assert not (tmp_path / "cifar10.npz").exists()
    assert "make_samples.py cifar10" in capsys.readouterr().out
    assert command.main(["drop", "cifar10"]) == 0
    assert "not there" in capsys.readouterr().out


def test_unknown_dataset_is_named() -> None:
    with pytest.raises(CourseError, match=r"no dataset 'imagenet'. Expected fashion_mnist, mnist, cifar10"):
        command.main(["fetch", "imagenet"])
