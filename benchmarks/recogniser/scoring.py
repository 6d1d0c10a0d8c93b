"""Sequence accuracy and label error rate, on lines of MNIST's test digits."""

import statistics
from typing import NamedTuple

import jax
import numpy as np

import digitseq as ds
from digitseq import ctc

from .network import Weights
from .reading import read

LINES = 10000
FIVE = ds.SequenceSpec(image_width=200, spacing_range=(0, 10))
SETS = {
    "five digits, gaps 0..10": (ds.RandomDigits(min_length=5, max_length=5), FIVE),
    "3 to 8 digits, ink gaps -4..4": (
        ds.RandomDigits(min_length=3, max_length=8),
        FIVE.replace(spacing_range=(-4, 4), advance="ink"),
    ),
    "five digits by one writer": (
        ds.RandomDigits(min_length=5, max_length=5),
        FIVE.replace(hand="one-writer"),
    ),
}


class Score(NamedTuple):
    """Shares from 0 to 1; `error` is the standard error of `right`, of sampling lines from these digits."""

    right: float
    error: float
    label_error_rate: float


def score(weights: Weights, bank: ds.DigitBank, name: str) -> Score:
    """How well weights read a set of SETS, made of the bank's digits."""
    labels, spec = SETS[name]
    batch = ds.batch_at(jax.random.key(2026), 0, bank, labels, spec, LINES)
    digits = np.asarray(batch.digits)
    found = read(weights, batch.image)
    faults = [ctc.edit_distance(*rows) for rows in zip(found, digits, strict=True)]
    right = statistics.fmean(not fault for fault in faults)
    return Score(right, (right * (1 - right) / LINES) ** 0.5, sum(faults) / (digits >= 0).sum())
