"""A loaded dataset: its card says what it is, and its content hash sees every change and nothing else."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toy_datasets import arrays, put, tiny_files, tiny_spec

from helpers.datasets import content_hash, search

pytestmark = pytest.mark.usefixtures("own_cache")


def test_card_says_whether_it_is_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tiny_files()
    monkeypatch.setenv("COURSE_DATA", str(put(tmp_path / "usb", files)))
    full = search.load(tiny_spec(files))
    sample = replace(full, is_sample=True, source="the sample in data/ (30 of 300 images)")
    for data, word in ((full, "the complete set"), (sample, "SAMPLE")):
        bundle = data._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "text/html", "application/vnd.cnn-course.data+json"}
        assert word in bundle["text/plain"] and word in bundle["text/html"]
        facts = json.loads(json.dumps(bundle["application/vnd.cnn-course.data+json"]))
        assert facts == {
            "name": "tiny",
            "source": data.source,
            "content_hash": data.content_hash,
            "is_sample": data.is_sample,
        }
        assert str(tmp_path) not in json.dumps(bundle) and "/" + "tmp" not in data.source


def test_content_hash_does_not_depend_on_memory_layout_or_order() -> None:
    reference = content_hash(arrays())
    assert content_hash(dict(reversed(arrays().items()))) == reference
    assert content_hash({k: np.asfortranarray(v) for k, v in arrays().items()}) == reference
    assert content_hash({k: v.astype(v.dtype.newbyteorder(">")) for k, v in arrays().items()}) == reference


@pytest.mark.parametrize("change", ["pixel", "label", "dtype", "shape", "swap"])
def test_content_hash_sees_every_change(change: str) -> None:
    reference, changed = content_hash(arrays()), arrays()
    if change == "pixel":
        changed["x_test"][3, 2, 1] ^= 1
    elif change == "label":
        changed["y_train"][7] += 1
    elif change == "dtype":
        changed["y_train"] = changed["y_train"].astype(np.int32)
    elif change == "shape":
        changed["y_train"] = changed["y_train"][:, None]
    else:
        changed["x_train"], changed["x_test"] = changed["x_test"], changed["x_train"]
    assert content_hash(changed) != reference
