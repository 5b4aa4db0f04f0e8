"""A watch over a training that runs: it rings when the network has collapsed, and stops it."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from helpers.backend import keras
from helpers.diagnose.finding import Finding

#: One answer for more than this share of the pictures counts as a constant prediction.
CONSTANT = 0.9
#: An accuracy this far above chance has learnt something; one nearer than this has not.
ABOVE, NEAR = 0.1, 0.05


def collapse(
    history: Mapping[str, Sequence[float]], classes: int, *, patience: int = 2, tolerance: float = 0.02
) -> Finding:
    """Has a training collapsed? Looks at its curves, epoch by epoch, for five signs.

    - *not finite*: the loss is NaN or infinite (rings at once);
    - *constant prediction*: one class is the answer for more than 90 % of the watched pictures;
    - *evaluation disagrees*: the training accuracy is clearly above chance while the validation
      accuracy is near chance and the validation loss above ln K;
    - *nothing carries over*: validation accuracy near chance and validation loss not below ln K;
    - *stuck at ln K*: the training loss is that of someone who knows nothing.

    All but the first ring when they hold for ``patience`` epochs in a row.

    Args:
        history: a list for each of ``loss``, ``accuracy`` and, where there are any, ``val_loss``, ``val_accuracy`` and
            ``top_share`` (share of the most frequent answer).
        classes: K.
        patience: epochs in a row.
        tolerance: how near the loss has to be to ln K.

    Returns:
        A finding; if the alarm rang, ``values["epoch"]`` is the epoch (from 1) and ``values["sign"]`` names the sign.
    """
    length, waited = len(history["loss"]), {}
    for epoch in range(length):
        now = {k: float(v[epoch]) for k, v in history.items() if isinstance(v, Sequence) and len(v) > epoch}
        if not all(math.isfinite(now[k]) for k in ("loss", "val_loss") if k in now):
            return _alarm("not finite", epoch, "the loss is not finite. Check the input, lower the rate.")
        signs = _signs(now, classes, tolerance)
        waited = {sign: waited.get(sign, 0) + 1 for sign in signs}
        for sign, message in signs.items():
            if waited[sign] >= patience:
                return _alarm(sign, epoch, f"for {patience} epochs {message}")
    return Finding("collapse alarm", True, f"no sign of a collapse in {length} epochs.", epoch=None, sign=None)


def _signs(now: Mapping[str, float], classes: int, tolerance: float) -> dict[str, str]:
    """The signs that hold in one epoch, gravest first, each with its sentence."""
    nothing, signs = math.log(classes), {}
    if now.get("top_share", 0) > CONSTANT:
        signs["constant prediction"] = (
            f"one class has been the answer for more than {CONSTANT:.0%} of the pictures ({now['top_share']:.0%}). "
            "Look at silent_units and at the learning rate."
        )
    if {"accuracy", "val_accuracy", "val_loss"} <= set(now):
        chance = 1 / classes
        learns, fails = now["accuracy"] >= chance + ABOVE, now["val_accuracy"] < chance + NEAR
        if learns and fails and now["val_loss"] > nothing:
            signs["evaluation disagrees"] = (
                f"the training accuracy has been clearly above chance ({now['accuracy']:.1%}) and the "
                f"validation accuracy near chance ({now['val_accuracy']:.1%}). Overfitting does not begin so: compare "
                "the preprocessing of the two parts, training=True with training=False, and the devices."
            )
        elif fails and now["val_loss"] > nothing - tolerance:
            signs["nothing carries over"] = (
                f"the validation accuracy has been near chance ({now['val_accuracy']:.1%}) and the validation loss not "
                f"below ln {classes} ({now['val_loss']:.3f}). Look at labels_match, silent_units and the learning rate."
            )
    if abs(now["loss"] - nothing) < tolerance:
        signs["stuck at ln K"] = (
            f"the loss has been ln {classes} = {nothing:.3f} ({now['loss']:.3f}), that of someone who knows nothing. "
            "Lower the learning rate; look at silent_units, gradient_sizes and labels_match."
        )
    return signs


def _alarm(sign: str, epoch: int, message: str) -> Finding:
    said = f"{sign}, noticed after epoch {epoch + 1}: {message}"
    return Finding("collapse alarm", False, said, epoch=epoch + 1, sign=sign)


class CollapseAlarm(keras.callbacks.Callback):
    """Stops a training that has collapsed, with a message. See :func:`collapse` for the signs.

    Args:
        classes: K.
        watched: pictures to ask about after each epoch, for the sign *constant prediction*; none by default.
            Take 50 to a few hundred, of all classes. A network with a single answer must end in a sigmoid.
        patience: epochs in a row that a sign has to last.

    Attributes:
        finding: what was found so far.
    """

    def __init__(self, classes: int, watched: np.ndarray | None = None, *, patience: int = 2) -> None:
        super().__init__()
        self.classes, self.watched, self.patience = classes, watched, patience
        self.history: dict[str, list[float]] = {}
        self.finding: Finding | None = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.history, self.finding = {}, None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        logs = {} if logs is None else logs
        if self.watched is not None:
            answers = np.asarray(self.model(self.watched, training=False))
            answers = answers.argmax(axis=1) if answers.shape[1] > 1 else (answers[:, 0] > 0.5).astype(int)
            logs["top_share"] = float(np.bincount(answers).max() / len(answers))
        for key, value in logs.items():
            self.history.setdefault(key, []).append(float(value))
        self.finding = collapse(self.history, self.classes, patience=self.patience)
        if not self.finding:
            print(self.finding)
            self.model.stop_training = True
