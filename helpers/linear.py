"""Logistic regression: the simplest head on features, the same answer every time. Introduced in lesson 06."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize


@dataclass(frozen=True, eq=False)
class Logistic:
    """A plane through the space of features; on one side of it class 1 is likelier.

    Attributes:
        weights: (D,).
        bias: one number.
    """

    weights: np.ndarray
    bias: float

    def logits(self, features: np.ndarray) -> np.ndarray:
        """(N, D) → (N,); above 0 for class 1."""
        return features @ self.weights + self.bias

    def accuracy(self, features: np.ndarray, labels: np.ndarray) -> float:
        """Share of right answers, 0 to 1, for features (N, D) and labels (N,) of 0 and 1."""
        return float(((self.logits(features) > 0) == labels).mean())


def logistic(features: np.ndarray, labels: np.ndarray, *, strength: float = 1e-4, steps: int = 2000) -> Logistic:
    """Fit a logistic regression: sum of the cross-entropies, plus the squared length of the weights over 2 · strength.

    The problem has one minimum, so there is no seed and no learning rate.

    Args:
        features: (N, D) numbers, as they come from the network; none is rescaled.
        labels: (N,) of 0 and 1, both of which occur.
        strength: how freely the weights may grow: the *inverse* of the regularisation strength, C in scikit-learn.
        steps: at most so many iterations of L-BFGS.

    Raises:
        ValueError: for shapes that do not fit, or labels of one class only.
        RuntimeError: if the minimum was not reached in so many steps.
    Source of the optimizer: Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", 1989.
    """
    if features.ndim != 2 or np.shape(labels) != (len(features),):
        raise ValueError(f"expected features (N, D) and labels (N,), found {features.shape} and {np.shape(labels)}.")
    if set(np.unique(labels)) != {0, 1}:
        raise ValueError(f"labels must be 0 and 1, and both occur, found {np.unique(labels)[:5]}.")
    x, sign = features.astype(np.float64), 2.0 * np.asarray(labels) - 1
    width = x.shape[1]

    def loss(v: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (x @ v[:width] + v[width])
        pull = -sign * np.exp(-np.logaddexp(0, margin))
        gradient = np.append(x.T @ pull + v[:width] / strength, pull.sum())
        return np.logaddexp(0, -margin).sum() + v[:width] @ v[:width] / (2 * strength), gradient

    found = minimize(loss, np.zeros(width + 1), jac=True, method="L-BFGS-B", options={"maxiter": steps})
    if found.status == 1:  # the limit; it also ends, with another status, where rounding allows no further step
        raise RuntimeError(
            f"the minimum was not reached in {steps} steps, with strength {strength:g} and features up to "
            f"{np.abs(x).max():g}. Take more steps, a smaller strength, or smaller numbers."
        )
    return Logistic(found.x[:width], float(found.x[width]))


def chosen(
    features: np.ndarray,
    labels: np.ndarray,
    held_features: np.ndarray,
    held_labels: np.ndarray,
    strengths: Sequence[float] = (1e-6, 1e-5, 1e-4, 1e-3),
) -> Logistic:
    """The logistic regression of that strength whose mean cross-entropy on held-out features is the lowest.

    Args:
        features, labels: (N, D) and (N,), to fit, as for `logistic`.
        held_features, held_labels: (M, D) and (M,), to choose by; nothing is fitted to them.
        strengths: those that are tried.
    """
    planes = [logistic(features, labels, strength=strength) for strength in strengths]
    sign = 2.0 * np.asarray(held_labels) - 1
    return min(planes, key=lambda plane: np.logaddexp(0, -sign * plane.logits(held_features)).mean())
