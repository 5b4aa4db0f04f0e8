"""Training: results that are remembered, trainings that resume, schedules, augmentation and intervals.

Lesson 03 shows each of these at work before it uses them together. What a lesson is about (its network,
its loss, its loop) stands in the lesson; this module holds what every lesson does the same way.
"""

import json
import math
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from helpers import checkpoints, settings
from helpers.backend import keras, tf
from helpers.course import machine
from helpers.files import atomic_write


def remembered(name: str, work: Callable[[], dict]) -> dict:
    """The result of ``work()``; from the runner's folder if the same code has computed it before.

    For a learner this is simply ``work()``: an experiment in a notebook always runs. The course's runner
    sets ``COURSE_REMEMBER`` to a folder named after the hash of the lesson's code and data, so that
    prose and figures can be polished without hours of training; it then says so in one printed line.

    Args:
        name: what was computed; letters, digits, ``-`` and ``_``.
        work: returns a dict of numbers, strings, lists or NumPy arrays.

    Returns:
        That dict. Lists and numbers come back as such, arrays as arrays.
    """
    folder = os.environ.get(settings.REMEMBER)
    if not folder:
        return work()
    path = Path(folder) / f"{name}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as stored:
            plain = json.loads(str(stored["plain"]))
            arrays = {k.removeprefix("array/"): stored[k] for k in stored.files if k != "plain"}
        print(f"“{name}” is taken from the run of this same code on {plain['when']}.")
        return plain["result"] | arrays
    result = work()
    arrays = {k: v for k, v in result.items() if isinstance(v, np.ndarray)}
    plain = {
        "when": time.strftime("%Y-%m-%d"),
        "result": {k: v for k, v in result.items() if k not in arrays},
    }
    with atomic_write(path) as file:
        np.savez(file, plain=np.array(json.dumps(plain, default=float)), **{f"array/{k}": v for k, v in arrays.items()})
    return result


def fit(model: keras.Model, x, y=None, *, name: str, epochs: int, callbacks: Sequence = (), **options) -> dict:
    """Train a compiled model quietly, so that an interrupted training can go on where it stopped.

    After every epoch the whole state is kept in the course's cache. If the kernel dies, or the training
    is interrupted, run the cells again: the same training continues with the next epoch. If a later cell
    fails, run them again too: what was trained to the end is not trained again, and a printed line says so.

    Args:
        model: compiled; after the call it has the trained weights.
        x, y: as for ``keras.Model.fit``.
        name: names the training in the cache and in messages.
        epochs: the last epoch to reach.
        callbacks: further Keras callbacks, for instance early stopping. Where a finished training is found, they are
            not called.
        **options: passed on to ``fit``, for instance ``batch_size`` or ``validation_data``; not ``verbose``,
            ``shuffle`` or ``initial_epoch``, which are set here.

    Returns:
        Keras' history as a dict of lists, one value an epoch, and ``"seconds"`` of training. Both include the
        epochs before an interruption.

    Raises:
        ValueError: if the model has not been compiled.
    """
    if not getattr(model, "optimizer", None):
        raise ValueError("The model has no optimizer: call model.compile(optimizer, loss) before training.fit.")

    def work() -> dict:
        file = checkpoints.training_file(name, model, x, y, epochs, options)
        progress = checkpoints.Progress(file, model, callbacks)
        if progress.finished:
            print(f"“{name}” was trained by this same code on {progress.finished}; its weights are used again.")
        else:
            if isinstance(x, tf.data.Dataset):
                for _ in progress.epochs:  # what changes from epoch to epoch goes on where it was
                    next(iter(x))
            model.fit(
                x, y, epochs=epochs, initial_epoch=len(progress.epochs), callbacks=[*callbacks, progress],
                verbose=int(os.environ.get(settings.VERBOSE, 0)),
                shuffle=not isinstance(x, tf.data.Dataset), **options,
            )  # fmt: skip
            progress.finish(model)
        weights = {f"weights/{i:03d}": w for i, w in enumerate(model.get_weights())}
        curves = {key: [epoch[key] for epoch in progress.epochs] for key in progress.epochs[-1]}
        return curves | {"seconds": sum(curves["seconds"])} | weights

    result = remembered(name, work)
    weights = [result.pop(k) for k in sorted(k for k in result if k.startswith("weights/"))]
    model.set_weights(weights)
    return result


def best_precision() -> str:
    """The fastest Keras dtype policy that this processor computes natively.

    ``"mixed_bfloat16"`` where the processor multiplies bfloat16 numbers itself (AVX512_BF16 or AMX on x86),
    otherwise ``"float32"``: emulated bfloat16 is many times slower.
    """
    return "mixed_bfloat16" if machine.machine()["bf16"] else "float32"


@keras.saving.register_keras_serializable(package="course")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises in a straight line to its peak, then falls in a straight line to zero.

    Args:
        peak: the highest learning rate.
        steps: optimizer steps of the whole training.
        warm_up: share of the steps that the rise takes, between 0 and 1.

    Raises:
        ValueError: for a warm-up outside (0, 1), or fewer than 1 step.
    Source: Smith and Topin, "Super-convergence", 2017 (arXiv 1708.07120), in its simplest, triangular form.
    """

    def __init__(self, peak: float, steps: int, warm_up: float = 0.2) -> None:
        if not 0 < warm_up < 1:
            raise ValueError(f"warm_up is a share of the training between 0 and 1, found {warm_up!r}.")
        if steps < 1:
            raise ValueError(f"steps counts optimizer steps and must be at least 1, found {steps!r}.")
        self.peak, self.steps, self.warm_up = peak, steps, warm_up

    def __call__(self, step):
        """The learning rate at an optimizer step, counted from 0."""
        share = tf.cast(step, tf.float32) / self.steps
        return self.peak * tf.maximum(0.0, tf.minimum(share / self.warm_up, (1 - share) / (1 - self.warm_up)))

    def get_config(self) -> dict:
        return {"peak": self.peak, "steps": self.steps, "warm_up": self.warm_up}


@keras.saving.register_keras_serializable(package="course")
class FusedBatchNormalization(keras.layers.Layer):
    """Batch normalisation in one pass over the data: the same function as Keras' own layer, but faster.

    Keras' layer is made of several elementwise operations, each of which reads and writes the whole
    feature map; on a processor, memory is what such a layer waits for. TensorFlow has one fused operation
    for it. A test holds this layer against Keras' own, in training and in use.

    Args:
        momentum: how much of the running mean and variance is kept at each step; Keras' own default is 0.99.
        epsilon: added to the variance; at least 1e-5 with this operation.

    Input and output: (N, H, W, C) in float16, bfloat16 or float32. Statistics are kept in float32.
    Source: Ioffe and Szegedy, "Batch normalization", 2015 (arXiv 1502.03167).
    """

    def __init__(self, momentum: float = 0.9, epsilon: float = 1e-3, **options) -> None:
        super().__init__(**options)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape) -> None:
        def weight(name, initializer, *, trainable=True):
            # autocast off: with bfloat16 activations, statistics still have to be kept and updated in float32
            return self.add_weight((shape[-1],), initializer, name=name, trainable=trainable, autocast=False)

        self.gamma, self.beta = weight("gamma", "ones"), weight("beta", "zeros")
        self.mean = weight("mean", "zeros", trainable=False)
        self.variance = weight("variance", "ones", trainable=False)

    def call(self, x, training=False):
        y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=x, scale=self.gamma.value, offset=self.beta.value, mean=self.mean.value, variance=self.variance.value,
            epsilon=self.epsilon, is_training=bool(training),
        )  # fmt: skip
        if training:
            # The operation reports the unbiased variance; Keras keeps the plain one.
            count = tf.cast(tf.size(x) // tf.shape(x)[-1], tf.float32)
            self.mean.assign(self.momentum * self.mean + (1 - self.momentum) * mean)
            self.variance.assign(self.momentum * self.variance + (1 - self.momentum) * variance * (count - 1) / count)
        return y

    def get_config(self) -> dict:
        return super().get_config() | {"momentum": self.momentum, "epsilon": self.epsilon}


def wilson(share: float, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval for a proportion, by default at 95 %.

    Args:
        share: the measured proportion, from 0 to 1.
        trials: of how many trials; at least 1.
        z: quantile of the normal distribution.

    Returns:
        Lower and upper end, as fractions.

    Raises:
        ValueError: for a share outside 0 to 1, or no trial.
    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is a proportion from 0 to 1, found {share!r}.")
    if trials < 1:
        raise ValueError(f"An interval needs at least one trial, found {trials!r}.")
    centre = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return (centre - half) / (1 + z * z / trials), (centre + half) / (1 + z * z / trials)


def mcnemar(first, second) -> tuple[int, int, float]:
    """McNemar's exact test: do two networks differ on the same pictures?

    Args:
        first, second: (N,) whether each network was right, as bools or 0 and 1.

    Returns:
        How many were right in the first only, in the second only, and the probability (two-sided) of a division
        at least so lopsided if for each of these pictures a fair coin decided; 1 if there are none.

    Raises:
        ValueError: unless both are (N,) of 0 and 1.
    Source: McNemar, "Note on the sampling error of the difference between correlated proportions", Psychometrika 12,
    1947; in the exact form, with the binomial distribution.
    """
    first, second = np.asarray(first), np.asarray(second)
    if first.shape != second.shape or first.ndim != 1 or not np.isin([*first, *second], (0, 1)).all():
        raise ValueError(f"expected two lists of 0 and 1 of equal length, found shapes {first.shape}, {second.shape}.")
    only_first, only_second = int((first > second).sum()), int((second > first).sum())
    tosses, fewer = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(tosses, k) for k in range(fewer + 1)) / 2**tosses
    return only_first, only_second, min(1.0, 2 * tail)
