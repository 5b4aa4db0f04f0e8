"""The mean of a network's weights over the end of its training. Introduced in lesson 04."""

import numpy as np

from helpers.backend import keras


class AverageWeights(keras.callbacks.Callback):
    """Weight averaging: gives the network, at the end of a training, the mean of its weights over the last steps.

    Every step is drawn to and fro by its batch; in the mean, that cancels. The running statistics of batch
    normalisation are averaged too, which are noisier still.

    Args:
        steps: optimizer steps of the whole training.
        share: which part of them counts, from the end.

    Raises:
        ValueError: for a share outside (0, 1], or fewer than 1 step.
    Source: Izmailov et al., "Averaging weights leads to wider optima and better generalization", 2018 (arXiv
    1803.05407); Kaddour, "Stop wasting my time!", 2022 (arXiv 2209.14981), for the mean over the latest weights.
    """

    def __init__(self, steps: int, share: float = 0.1) -> None:
        super().__init__()
        if not 0 < share <= 1:
            raise ValueError(f"share is a part of the training, above 0 and at most 1, found {share!r}.")
        if steps < 1:
            raise ValueError(f"steps counts optimizer steps and must be at least 1, found {steps!r}.")
        self.first = steps - max(1, round(share * steps))
        self.mean: list[np.ndarray] = []
        self.count = 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.mean, self.count = [], 0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if int(self.model.optimizer.iterations) <= self.first:
            return
        self.count += 1
        weights = self.model.get_weights()
        if self.count == 1:
            self.mean = [w.astype("float64") for w in weights]
        for mean, weight in zip(self.mean, weights, strict=True):
            mean += (weight - mean) / self.count

    def on_train_end(self, logs: dict | None = None) -> None:
        if self.count:
            self.model.set_weights(self.mean)
