"""Augmentation: training pictures that are a little different every time they are seen.

Works on whole batches with TensorFlow operations, from uint8 pictures in memory, so that it costs a small
share of a training step. Introduced in lesson 03.
"""

import numpy as np

from helpers.backend import tf
from helpers.lesson import checked_seed


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    batch_size: int,
    seed: int,
    flip: bool = True,
    shift: int = 2,
    erase: float = 0.0,
) -> tf.data.Dataset:
    """An endlessly varied data set for ``model.fit``: one pass is one epoch, shuffled anew each time.

    Args:
        images: (N, H, W, C) uint8.
        labels: (N,) or (N, 1) whole numbers from 0.
        batch_size: pictures per batch; a last, smaller batch is left out, since everything is drawn again anyway.
        seed: of order and changes; the same seed gives the same epochs.
        flip: mirror half of the pictures, left to right.
        shift: move each picture by up to so many pixels in both directions; what comes in is black.
        erase: share of the pictures in which a rectangle is replaced by noise (Zhong et al., "Random erasing data
            augmentation", 2017, arXiv 1708.04896). The rectangle covers 2 to 25 % of the picture.

    Returns:
        Batches of (float32 pictures in 0–1, one-hot float32 labels).

    Raises:
        ValueError: for arrays of another shape or type, or fewer pictures than one batch.
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
    pictures = tf.constant(images)
    targets = tf.one_hot(labels, int(labels.max()) + 1)

    def change(positions, number):
        draw = _draws(tf.cast(number, tf.int64))
        batch = tf.cast(tf.gather(pictures, positions), tf.float32) / 255.0
        if flip:
            batch = flipped(batch, draw)
        if shift:
            batch = shifted(batch, shift, draw)
        if erase:
            batch = erased(batch, erase, draw)
        return batch, tf.gather(targets, positions)

    order = tf.data.Dataset.range(len(images)).shuffle(len(images), seed=checked_seed(seed))
    order = order.batch(batch_size, drop_remainder=True)
    numbers = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True).batch(2)
    changed = tf.data.Dataset.zip(order, numbers).map(change, num_parallel_calls=1, deterministic=True)
    # With TensorFlow 2.21 a data set that tunes itself can hold up the end of an epoch for seconds: the tuning
    # thread sleeps 10 ms, 20 ms, 40 ms … and the epoch waits for it to wake. Fixed settings need no tuning.
    settings = tf.data.Options()
    settings.autotune.enabled = False
    return changed.prefetch(2).with_options(settings)


def _draws(number: tf.Tensor):
    """A source of random numbers for one batch: every call gives new ones, the same for the same batch."""
    count = iter(range(100))

    def draw(shape, low=0.0, high=1.0, dtype=tf.float32):
        return tf.random.stateless_uniform(shape, number + next(count), low, high, dtype)

    return draw


def flipped(batch: tf.Tensor, draw) -> tf.Tensor:
    """Half of the pictures (N, H, W, C) mirrored, left to right."""
    return tf.where(draw((tf.shape(batch)[0], 1, 1, 1)) < 0.5, batch[:, :, ::-1], batch)


def shifted(batch: tf.Tensor, pixels: int, draw) -> tf.Tensor:
    """Each picture (N, H, W, C) moved by up to ``pixels`` down or up and right or left; the gap is black."""
    count, height, width = tf.shape(batch)[0], batch.shape[1], batch.shape[2]
    padded = tf.pad(batch, [[0, 0], [pixels, pixels], [pixels, pixels], [0, 0]])
    down, right = (draw((count, 1), 0, 2 * pixels + 1, tf.int32) for _ in range(2))
    rows = tf.gather(padded, down + tf.range(height), axis=1, batch_dims=1)
    return tf.gather(rows, right + tf.range(width), axis=2, batch_dims=1)


def erased(batch: tf.Tensor, share: float, draw, *, smallest: float = 0.02, largest: float = 0.25) -> tf.Tensor:
    """A share of the pictures (N, H, W, C) with one rectangle, of 0.3 to 3.3 times its width, turned to noise."""
    count, height, width = tf.shape(batch)[0], batch.shape[1], batch.shape[2]
    area = draw((count, 1), smallest, largest) * height * width
    ratio = tf.exp(draw((count, 1), -1.2, 1.2))
    rows = tf.abs(tf.range(height, dtype=tf.float32) - draw((count, 1), 0, height)) < tf.sqrt(area * ratio) / 2
    columns = tf.abs(tf.range(width, dtype=tf.float32) - draw((count, 1), 0, width)) < tf.sqrt(area / ratio) / 2
    chosen = draw((count, 1)) < share
    inside = (rows & chosen)[:, :, None] & columns[:, None, :]
    return tf.where(inside[..., None], draw(tf.shape(batch)), batch)
