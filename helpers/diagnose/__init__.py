"""Diagnosis: what is wrong with a training, found by named checks. Lesson 04 shows each before it uses it.

A check returns a :class:`Finding`: true if all is well, and a sentence that names what was found, what was
expected and what to do. Checks of the data need no network, checks of the network need no training, and
:class:`CollapseAlarm` watches over a training that runs.
"""

from helpers.diagnose.answers import device_agreement, initial_loss, overfit_one_batch, shuffled_labels
from helpers.diagnose.data import input_contract, labels_match
from helpers.diagnose.finding import Finding
from helpers.diagnose.network import checkpoint_fits, gradient_sizes, silent_units
from helpers.diagnose.rates import RateRange, rate_range
from helpers.diagnose.watch import CollapseAlarm, collapse

__all__ = [
    "CollapseAlarm",
    "Finding",
    "RateRange",
    "checkpoint_fits",
    "collapse",
    "device_agreement",
    "gradient_sizes",
    "initial_loss",
    "input_contract",
    "labels_match",
    "overfit_one_batch",
    "rate_range",
    "shuffled_labels",
    "silent_units",
]
