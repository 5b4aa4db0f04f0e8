"""Photographs: from files to whole numbers in memory, and changed a little every time they are seen.

Like ``helpers.augmentation``, this works on whole batches with TensorFlow operations that keep no state, from
uint8 pictures in memory, so that two processor cores can train and prepare at once. Introduced in lesson 05.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helpers import augmentation
from helpers.backend import tf
from helpers.lesson import checked_seed

GREY = (0.299, 0.587, 0.114)  # how bright red, green and blue look (luma, ITU-R BT.601)


def decoded(name: tf.Tensor, side: int) -> tf.Tensor:
    """One file → float32 (side, side, 3) from 0 to 255, proportions ignored; for ``tf.data``."""
    picture = tf.io.decode_image(tf.io.read_file(name), channels=3, expand_animations=False)
    return tf.image.resize(tf.ensure_shape(picture, (None, None, 3)), (side, side), antialias=True)


def read(files: Sequence[Path], side: int) -> np.ndarray:
    """Decode files once, and keep them as whole numbers: a quarter of the memory of float32.

    Args:
        files: JPEG or PNG, in any size. (TensorFlow also reads BMP, GIF and WebP; of an animation the first picture.)
        side: height and width they get.

    Returns:
        uint8 (N, side, side, 3), in the order of the files.

    Raises:
        ValueError: for no files, no side, or a file that is missing, damaged or of another format; names it.
    """
    if side < 1:
        raise ValueError(f"side counts pixels and must be at least 1, found {side!r}.")
    if not len(files):
        raise ValueError("files: found none, expected at least one picture.")
    names = tf.data.Dataset.from_tensor_slices([str(file) for file in files])
    pictures = names.map(lambda name: tf.cast(tf.round(decoded(name, side)), tf.uint8), num_parallel_calls=2)
    result = np.empty((len(files), side, side, 3), np.uint8)
    place = 0
    try:
        for picture in pictures.prefetch(16).as_numpy_iterator():
            result[place] = picture
            place += 1
    except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
        raise ValueError(
            f"{files[place]} is missing, or damaged, or of another format: expected a whole JPEG or PNG. Remove it "
            "from the list, or replace it."
        ) from error
    return result


def resized(images: np.ndarray, side: int, *, block: int = 100) -> np.ndarray:
    """Whole pictures in another size: uint8 (N, H, W, C) → uint8 (N, side, side, C), ``block`` pictures at a time.

    Raises:
        ValueError: for another type or number of axes.
    """
    if images.ndim != 4 or images.dtype != np.uint8:
        raise ValueError(f"images must be uint8 of shape (N, H, W, C), found {images.dtype} {images.shape}.")
    parts = (images[first : first + block] for first in range(0, len(images), block))
    small = [tf.image.resize(part, (side, side), antialias=True) for part in parts]
    return np.concatenate([tf.cast(tf.round(part), tf.uint8).numpy() for part in small])


def unchanged(images: np.ndarray, labels: np.ndarray, *, batch_size: int, shuffled: bool = False) -> tf.data.Dataset:
    """Pictures in memory as they are, for ``fit``, ``evaluate`` and ``predict``; ``fit`` with arrays can be slower.

    ``fit`` makes a data set of arrays that tunes itself. With TensorFlow 2.21 the end of an epoch can wait for the
    thread that does so; this one has fixed settings.

    Args:
        images, labels: (N, …) each.
        batch_size: pictures per batch; the last one may be smaller.
        shuffled: whether each pass has an order of its own, drawn with the seed of ``keras.utils.set_random_seed``.

    Raises:
        ValueError: for images and labels of different lengths, or a batch size below 1.
    """
    if len(images) != len(labels):
        raise ValueError(f"images and labels must be equally many, found {len(images)} and {len(labels)}.")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, found {batch_size!r}.")
    settings = tf.data.Options()
    settings.autotune.enabled = False
    pairs = tf.data.Dataset.from_tensor_slices((images, labels)).with_options(settings)
    return (pairs.shuffle(len(images)) if shuffled else pairs).batch(batch_size)


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    batch_size: int,
    seed: int,
    side: int,
    area: tuple[float, float] = (0.3, 1.0),
    colour: float = 0.4,
    mix: float = 0.5,
) -> tf.data.Dataset:
    """An endlessly varied data set for ``model.fit``: one pass is one epoch, shuffled anew each time.

    Each picture is cropped at random and brought to ``side``, mirrored in every second epoch, changed in
    brightness, contrast and saturation, and with probability ``mix`` a rectangle of another one is pasted over it.

    Args:
        images: (N, H, W, 3) uint8.
        labels: (N,) whole numbers from 0.
        batch_size: pictures per batch; a last, smaller batch is left out, since everything is drawn again anyway.
        seed: of order and changes; the same seed gives the same epochs.
        side: height and width of what comes out; smaller than the pictures makes training cheap.
        area: smallest and largest share of the picture that a crop takes; (1, 1) takes all of it.
        colour: how far brightness, contrast and saturation may go from 1; 0 leaves them.
        mix: probability of a pasted rectangle, see :func:`mixed`.

    Returns:
        Batches of float32 pictures (batch_size, side, side, 3) in 0–1, and float32 shares of the classes
        (batch_size, K); K is the largest label plus 1.

    Raises:
        ValueError: for arrays of another shape or type, fewer pictures than one batch, impossible shares, or a
            seed that is no whole number from 0 to 2**32 − 1.
    Source of the alternating mirror: Jordan, 2024 (arXiv 2404.00498); of the rest, see the functions below.
    """
    if images.ndim != 4 or images.dtype != np.uint8 or images.shape[-1] != 3:
        raise ValueError(f"images must be uint8 of shape (N, H, W, 3), found {images.dtype} {images.shape}.")
    if np.shape(labels) != (len(images),):
        raise ValueError(f"labels must have the shape ({len(images)},), found {np.shape(labels)}.")
    if not 1 <= batch_size <= len(images):
        raise ValueError(f"batch_size must be from 1 to the number of images, {len(images)}, found {batch_size}.")
    if not 0 < area[0] <= area[1] <= 1:
        raise ValueError(f"area: expected two rising shares above 0 and at most 1, found {area!r}.")
    if not 0 <= colour < 1 or not 0 <= mix <= 1:
        raise ValueError(f"colour and mix are shares from 0 to 1, found {colour!r} and {mix!r}.")
    seed = checked_seed(seed)
    steps = len(images) // batch_size
    pictures, targets = tf.constant(images), tf.one_hot(labels, int(np.max(labels)) + 1)
    turn = tf.constant(np.random.default_rng(seed).integers(2, size=len(images)))

    def change(epoch, step):
        places = step * batch_size + tf.range(batch_size, dtype=tf.int64)
        chosen = tf.random.experimental.index_shuffle(places, tf.stack([seed, epoch]), len(images) - 1)
        draw = augmentation.draws(seed, epoch * steps + step)
        mirrored = (tf.gather(turn, chosen) + epoch) % 2 == 1
        batch = cropped(tf.gather(pictures, chosen), side, draw, area, mirrored=mirrored) / 255.0
        batch = coloured(batch, colour, draw) if colour else batch
        return mixed(batch, tf.gather(targets, chosen), mix, draw) if mix else (batch, tf.gather(targets, chosen))

    return augmentation.stream(steps, change)


def cropped(
    batch: tf.Tensor,
    side: int,
    draw,
    area: tuple[float, float] = (0.3, 1.0),
    ratio: float = 4 / 3,
    mirrored: tf.Tensor | None = None,
) -> tf.Tensor:
    """A random resized crop: a part of each picture, brought to side × side.

    Args:
        batch: (N, H, W, C).
        side: pixels.
        draw: source of random numbers, from :func:`helpers.augmentation.draws`.
        area: smallest and largest share of the picture.
        ratio: most that a part may be wider than high, or higher than wide. Parts of almost the whole
            picture cannot be; they are cut to fit.
        mirrored: boolean (N,), which parts are mirrored, left to right; none by default.

    Returns:
        float32 (N, side, side, C), in the batch's own range.
    Source: Szegedy et al., "Going deeper with convolutions", 2014 (arXiv 1409.4842).
    """
    count = tf.shape(batch)[0]
    share = draw((count, 1), *area) if area[0] < area[1] else tf.fill((count, 1), float(area[0]))
    skew = tf.exp(draw((count, 1), -np.log(ratio), np.log(ratio)) / 2)
    size = tf.minimum(1.0, tf.sqrt(share) * tf.concat([1 / skew, skew], 1))  # height, width
    corner = draw((count, 2)) * (1 - size)
    # crop_and_resize counts from the middle of the first pixel to the middle of the last.
    boxes = tf.concat([corner, corner + size], 1)  # top, left, bottom, right
    if mirrored is not None:  # a box from right to left is read from right to left
        boxes = tf.where(mirrored[:, None], tf.gather(boxes, (0, 3, 2, 1), axis=1), boxes)
    return tf.image.crop_and_resize(batch, boxes, tf.range(count), (side, side))


def coloured(batch: tf.Tensor, most: float, draw) -> tf.Tensor:
    """Colour jitter: pictures (N, H, W, 3) in 0–1, each with its own brightness, contrast, saturation: 1 ± most."""
    count = tf.shape(batch)[0]
    brightness, contrast, saturation = (draw((count, 1, 1, 1), 1 - most, 1 + most) for _ in range(3))
    batch = batch * brightness
    grey = tf.reduce_sum(batch * GREY, axis=-1, keepdims=True)
    middle = tf.reduce_mean(grey, axis=(1, 2), keepdims=True)
    batch = grey + saturation * (batch - grey)
    return tf.clip_by_value(middle + contrast * (batch - middle), 0, 1)


def mixed(batch: tf.Tensor, targets: tf.Tensor, share: float, draw) -> tuple[tf.Tensor, tf.Tensor]:
    """CutMix: over a share of the pictures, a rectangle of the one before is pasted; targets are mixed by area.

    Args:
        batch: (N, H, W, C).
        targets: (N, K) shares of the classes.
        share: probability for each picture, 0 to 1.
        draw: source of random numbers, from :func:`helpers.augmentation.draws`.

    Returns:
        Pictures (N, H, W, C) and targets (N, K). The first picture gets its rectangle from the last.
    Source: Yun et al., "CutMix", 2019 (arXiv 1905.04899), with a uniformly drawn area.
    """
    count, height, width = tf.shape(batch)[0], batch.shape[1], batch.shape[2]
    half = tf.sqrt(draw((count, 1))) / 2
    inside = [tf.abs((tf.range(n, dtype=tf.float32) + 0.5) / n - draw((count, 1))) < half for n in (height, width)]
    inside[0] &= draw((count, 1)) < share
    pasted = inside[0][:, :, None] & inside[1][:, None, :]
    area = tf.reduce_mean(tf.cast(pasted, tf.float32), axis=(1, 2))[:, None]
    other, others = tf.roll(batch, 1, axis=0), tf.roll(targets, 1, axis=0)
    return tf.where(pasted[..., None], other, batch), (1 - area) * targets + area * others


def repeated(batches: tf.data.Dataset) -> float:
    """Which share of a data set's pictures comes again, pixel for pixel, in the next pass over it.

    1 for validation and test pictures, which must never be changed; near 0 for augmented training pictures. A
    training part with 1 is not augmented, or was augmented once and then kept.
    """
    first, second = ({x.tobytes() for part, _ in batches.as_numpy_iterator() for x in part} for _ in range(2))
    return len(first & second) / len(first)
