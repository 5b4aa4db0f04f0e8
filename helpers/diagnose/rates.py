"""The learning-rate range test: which rates does this network bear?"""

from dataclasses import dataclass

import numpy as np

from helpers.backend import keras, tf
from helpers.diagnose.network import plain_loss, twin


@dataclass(frozen=True)
class RateRange:
    """Losses of a short training whose learning rate grows from step to step.

    Attributes:
        rates: (steps,) learning rates.
        losses: (steps,) loss of each step's batch; NaN from the first step whose loss was not finite.
        smooth: (steps,) mean of each loss and those before it, over max(3, steps // 12) steps; NaN as above.
    """

    rates: np.ndarray
    losses: np.ndarray
    smooth: np.ndarray

    @property
    def best(self) -> float:
        """The rate at which the smoothed loss was lowest."""
        return float(self.rates[np.nanargmin(self.smooth)])

    @property
    def ceiling(self) -> float | None:
        """The first rate above :attr:`best` at which the smoothed loss is back where it began, or is NaN.

        None if the loss never fell by 5 %, or never came back.
        """
        began, lowest = self.smooth[len(self.smooth) // 12], np.nanmin(self.smooth)
        if not lowest < 0.95 * began:
            return None
        after = np.arange(len(self.rates)) > np.nanargmin(self.smooth)
        lost = np.flatnonzero(after & ~(self.smooth < began))
        return float(self.rates[lost[0]]) if len(lost) else None

    @property
    def suggested(self) -> float:
        """A tenth of :attr:`best`: the lowest loss comes just before the trouble."""
        return self.best / 10


def rate_range(
    model: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    *,
    low: float = 1e-5,
    high: float = 1.0,
    steps: int = 60,
    batch_size: int = 32,
    seed: int = 0,
) -> RateRange:
    """Train a copy for a few steps while its learning rate grows from ``low`` to ``high``.

    Args:
        model: compiled; its weights and its optimizer are left alone.
        x, y: training pictures and labels.
        low, high: first and last rate; every step multiplies it by the same factor.
        steps: how many.
        batch_size: pictures a step.
        seed: of the choice of pictures.

    Raises:
        ValueError: if the model has not been compiled, unless 0 < low < high and steps ≥ 10, or if the loss is not
            finite even at the lowest rate.
    Source: Smith, "Cyclical learning rates for training neural networks", 2015 (arXiv 1506.01186), section 3.3.
    """
    if not 0 < low < high:
        raise ValueError(f"Expected 0 < low < high, found low = {low!r} and high = {high!r}.")
    if steps < 10:
        raise ValueError(f"steps: expected at least 10 for a curve, found {steps!r}.")
    copy, draw = twin(model, rate=low), np.random.default_rng(seed)

    @tf.function(reduce_retracing=True)
    def step(pictures, labels):
        with tf.GradientTape() as tape:
            loss = plain_loss(copy, pictures, labels, training=True)
        gradients = tape.gradient(loss, [w.value for w in copy.trainable_variables])
        copy.optimizer.apply(gradients, copy.trainable_variables)
        return loss

    rates, losses = np.geomspace(low, high, steps), np.full(steps, np.nan)
    for number, rate in enumerate(rates):
        copy.optimizer.learning_rate = rate
        chosen = draw.choice(len(x), batch_size)
        losses[number] = float(step(tf.convert_to_tensor(x[chosen]), tf.convert_to_tensor(y[chosen])))
        if not np.isfinite(losses[number]):
            if not number:
                raise ValueError(
                    f"the loss is not finite in the first step, at a rate of {low:g}. Check the input, or lower `low`."
                )
            losses[number] = np.nan
            break
    width = max(3, steps // 12)
    smooth = np.array([losses[max(0, i - width + 1) : i + 1].mean() for i in range(steps)])
    return RateRange(rates, losses, smooth)
