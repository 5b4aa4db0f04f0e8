"""Initial weights that know something: whitening filters from the data, and convolutions that begin as identity.

Introduced in lesson 04, which builds both by hand first.
"""

import numpy as np

from helpers.backend import keras


def whitening_filters(pictures: np.ndarray, size: int = 2, epsilon: float = 5e-4) -> np.ndarray:
    """Filters whose answers on these pictures are uncorrelated and of equal spread, each with its negative.

    The eigenvectors of the covariance of all size × size patches, each divided by the root of its eigenvalue:
    principal components, brought to one scale.

    Args:
        pictures: (N, H, W, C) float with mean about 0, some thousand.
        size: height and width of a patch.
        epsilon: added to the eigenvalues, so that directions that hardly occur are not blown up.

    Returns:
        (size, size, C, 2 · size² · C) float32: the filters by falling eigenvalue, then their negatives.

    Source: page 4 of Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024 (arXiv 2404.00498), after
    Page, "How to train your ResNet", 2019.
    """
    if pictures.ndim != 4:
        raise ValueError(f"pictures: expected shape (N, H, W, C), found {pictures.shape}.")
    patches = patches_of(pictures, size)
    values, vectors = np.linalg.eigh(patches.T @ patches / len(patches))
    filters = (vectors / np.sqrt(values + epsilon))[:, ::-1]  # eigh sorts rising
    both = np.concatenate([filters, -filters], axis=1)
    return both.reshape(size, size, pictures.shape[-1], -1).astype("float32")


def patches_of(pictures: np.ndarray, size: int) -> np.ndarray:
    """All size × size patches of (N, H, W, C) pictures as rows: (N · (H − size + 1) · (W − size + 1), size² · C)."""
    windows = np.lib.stride_tricks.sliding_window_view(pictures, (size, size), axis=(1, 2))  # N H' W' C size size
    rows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, size * size * pictures.shape[-1])
    return rows.astype("float64")


@keras.saving.register_keras_serializable(package="course")
class Dirac(keras.initializers.Initializer):
    """A convolution kernel that begins as identity: filter i repeats channel i, as far as there are channels.

    Further filters are drawn evenly from ±1/√(inputs of a filter), so that they have something to say of their own.

    Args:
        seed: of the drawn filters.

    Raises:
        ValueError: when called for a kernel with an even side.

    Source: Zagoruyko and Komodakis, "DiracNets", 2017 (arXiv 1706.00388), in the partial form of Jordan (2024).
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def __call__(self, shape, dtype=None):
        height, width, inputs, filters = shape
        if height % 2 == 0 or width % 2 == 0:
            raise ValueError(f"A kernel needs a middle to begin as identity: odd sides, found {height} × {width}.")
        bound = (height * width * inputs) ** -0.5
        kernel = np.array(keras.random.uniform(shape, -bound, bound, seed=self.seed))
        same = min(inputs, filters)
        kernel[..., :same] = 0
        kernel[height // 2, width // 2, np.arange(same), np.arange(same)] = 1
        return keras.ops.convert_to_tensor(kernel, dtype or keras.config.floatx())

    def get_config(self) -> dict:
        return {"seed": self.seed}
