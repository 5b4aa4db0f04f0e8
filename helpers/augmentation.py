"""Augmentation: training pictures that are a little different every time they are seen.

Works on whole batches with TensorFlow operations, from uint8 pictures in memory, so that it costs a small
share of a training step. Introduced in lesson 03.
"""

from collections.abc import Callable

import numpy as np

from helpers.backend import tf
from helpers.lesson import checked_seed

#: What may come in from outside when a picture is shifted, and NumPy's name for it.
BORDERS = {"black": "constant", "reflect": "reflect"}


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    batch_size: int,
    seed: int,
    flip: bool = True,
    shift: int = 2,
    border: str = "black",
    erase: float = 0.0,
) -> tf.data.Dataset:
    """An endlessly varied data set for ``model.fit``: one pass is one epoch, shuffled anew each time.

    Args:
        images: (N, H, W, C) uint8.
        labels: (N,) or (N, 1) whole numbers from 0.
        batch_size: pictures per batch; a last, smaller batch is left out, since everything is drawn again anyway.
        seed: of order and changes; the same seed gives the same epochs.
        flip: mirror each picture left to right in every second epoch; half of them begin mirrored. So two epochs
            show every picture both ways, which chance would do for only half of them (Jordan, "94% on CIFAR-10 in
            3.29 seconds on a single GPU", 2024, arXiv 2404.00498).
        shift: move each picture by up to so many pixels in both directions.
        border: what comes in from outside: ``"black"``, or ``"reflect"`` for the picture's own reflection.
        erase: share of the pictures in which a rectangle is replaced by noise, see :func:`erased`.

    Returns:
        Batches of float32 pictures (batch_size, H, W, C) in 0–1, and one-hot float32 labels (batch_size, K); K is the
        largest label plus 1.

    Raises:
        ValueError: for arrays of another shape or type, fewer pictures than one batch, an unknown border, or a
            seed that is no whole number from 0 to 2**32 − 1.
    """
    if images.ndim != 4 or images.dtype != np.uint8:
        raise ValueError(
            f"images must be uint8 of shape (N, H, W, C), found {images.dtype} of shape {images.shape}. "
            "Add the channel axis with images[..., np.newaxis]; do not scale them first."
        )
    labels = np.asarray(labels).reshape(-1)
    if len(labels) != len(images):
        raise ValueError(f"images and labels must be equally many, found {len(images)} and {len(labels)}.")
    if not 1 <= batch_size <= len(images):
        raise ValueError(f"batch_size must be from 1 to the number of images, {len(images)}, found {batch_size}.")
    if border not in BORDERS:
        raise ValueError(f"border must be one of {', '.join(map(repr, BORDERS))}, found {border!r}.")
    seed = checked_seed(seed)
    steps = len(images) // batch_size
    targets = tf.one_hot(labels, int(labels.max()) + 1)
    around = [(0, 0), (shift, shift), (shift, shift), (0, 0)]
    padded = tf.constant(np.pad(images, around, mode=BORDERS[border]))  # once, not in every batch
    side = tf.constant(np.random.default_rng(seed).integers(2, size=len(images)))

    def change(epoch, step):
        places = step * batch_size + tf.range(batch_size, dtype=tf.int64)
        chosen = tf.random.experimental.index_shuffle(places, tf.stack([seed, epoch]), len(images) - 1)
        draw = draws(seed, epoch * steps + step)
        corner = [draw((batch_size,), 0, 2 * shift + 1, tf.int32) for _ in range(2)]
        mirrored = (tf.gather(side, chosen) + epoch) % 2 == 1
        batch = windows(padded, chosen, corner, images.shape[1:3], mirrored & flip)
        batch = tf.cast(batch, tf.float32) / 255.0
        if erase:
            batch = erased(batch, erase, draw)
        return batch, tf.gather(targets, chosen)

    return stream(steps, change)


def stream(steps: int, change: Callable) -> tf.data.Dataset:
    """A data set for ``model.fit`` whose batches are ``change(epoch, step)``; every pass over it is the next epoch.

    Args:
        steps: batches in one epoch.
        change: makes one batch from the epoch and the step, both int64 tensors that count from 0.
    """
    epoch = tf.Variable(-1, dtype=tf.int64, trainable=False)
    begun = tf.data.Dataset.from_tensors(0).map(lambda _: epoch.assign_add(1))  # once an epoch
    numbers = begun.flat_map(lambda epoch: tf.data.Dataset.range(steps).map(lambda step: (epoch, step)))
    changed = numbers.map(change, num_parallel_calls=1, deterministic=True)
    # With TensorFlow 2.21 a data set that tunes itself can hold up the end of an epoch for seconds: the tuning
    # thread sleeps 10 ms, 20 ms, 40 ms … and the epoch waits for it to wake. Fixed settings need no tuning.
    settings = tf.data.Options()
    settings.autotune.enabled = False
    return changed.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(2).with_options(settings)


def draws(seed: int, number: tf.Tensor | int = 0) -> Callable:
    """A source of random numbers for one batch: every call gives new ones, the same for the same batch.

    Args:
        seed: a whole number.
        number: of the batch; each has room for a hundred calls.

    Returns:
        A function of shape, low, high and dtype that gives uniformly distributed numbers.
    """
    count = iter(range(100))
    first = tf.stack([tf.cast(seed, tf.int64), 100 * tf.cast(number, tf.int64)])

    def draw(shape, low=0.0, high=1.0, dtype=tf.float32):
        return tf.random.stateless_uniform(shape, first + next(count), low, high, dtype)

    return draw


def windows(padded: tf.Tensor, chosen, corner, size: tuple[int, int], mirrored: tf.Tensor) -> tf.Tensor:
    """One window of each chosen picture, in a single look-up: moving and mirroring only change where pixels lie.

    Args:
        padded: (N, H, W, C), pictures with a border.
        chosen: (B,) int64, which pictures.
        corner: rows and columns, two int32 tensors (B,): the window's first row, and its first column in
            the picture as it will be seen, mirrored or not.
        size: height and width of the windows.
        mirrored: (B,) boolean, which pictures are mirrored, left to right.

    Returns:
        (B, height, width, C), of the type of ``padded``.
    """
    _, height, width, channels = padded.shape
    rows, columns = (first[:, None] + tf.range(length) for first, length in zip(corner, size, strict=True))
    columns = tf.where(mirrored[:, None], width - 1 - columns, columns)
    lines = chosen[:, None] * height + tf.cast(rows, tf.int64)  # of all pictures below one another
    places = (lines * width)[:, :, None] + tf.cast(columns, tf.int64)[:, None, :]
    return tf.gather(tf.reshape(padded, (-1, channels)), places)


def erased(batch: tf.Tensor, share: float, draw, *, smallest: float = 0.02, largest: float = 0.25) -> tf.Tensor:
    """Random erasing: a share of the pictures with one rectangle turned to noise.

    Args:
        batch: (N, H, W, C) in 0–1; the noise is uniform over the same range.
        share: probability for each picture.
        draw: source of random numbers, from :func:`draws`.
        smallest, largest: area of the rectangle, as shares of the picture. It is 0.3 to 3.3 times as high as wide. Its
            centre may lie anywhere, and what hangs over the edge is cut off.

    Source: Zhong et al., "Random erasing data augmentation", 2017 (arXiv 1708.04896), whose rectangles lie inside.
    """
    count, height, width = tf.shape(batch)[0], batch.shape[1], batch.shape[2]
    area = draw((count, 1), smallest, largest) * height * width
    ratio = tf.exp(draw((count, 1), -1.2, 1.2))
    rows = tf.abs(tf.range(height, dtype=tf.float32) - draw((count, 1), 0, height)) < tf.sqrt(area * ratio) / 2
    columns = tf.abs(tf.range(width, dtype=tf.float32) - draw((count, 1), 0, width)) < tf.sqrt(area / ratio) / 2
    chosen = draw((count, 1)) < share
    inside = (rows & chosen)[:, :, None] & columns[:, None, :]
    return tf.where(inside[..., None], draw(tf.shape(batch)), batch)
