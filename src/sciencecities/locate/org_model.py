"""The trained decision: boosted trees over what speaks for a candidate, and their calibration."""

from __future__ import annotations

import functools
from importlib.resources import files
from io import BytesIO
from typing import NamedTuple

import numpy as np

from sciencecities.errors import LocateError
from sciencecities.locate.org_evidence import FEATURES
from sciencecities.locate.org_kernel import predict

MODEL_FILE = "resolver_model.npz"


class Model(NamedTuple):
    """Trees as flat arrays (a child below 0 is a leaf, ~child its number), and a calibration.

    `calibration` has two rows: raw scores in ascending order, and the probability at each.
    Candidates below `threshold` are left out by default.
    """

    feature: np.ndarray
    cut: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    roots: np.ndarray
    calibration: np.ndarray
    threshold: float

    def raw(self, features: np.ndarray) -> np.ndarray:
        """The sum of the trees for each row of features: a log-odds before calibration."""
        return np.asarray(
            predict(features, self.feature, self.cut, self.left, self.right, self.value, self.roots)
        )

    def scores(self, features: np.ndarray) -> np.ndarray:
        """The probability that each candidate is right."""
        return np.asarray(np.interp(self.raw(features), *self.calibration))


@functools.cache
def load_model() -> Model:
    """The model that comes with the package.

    Raises LocateError if it was trained for other features.
    """
    content = (files("sciencecities.locate") / "data" / MODEL_FILE).read_bytes()
    with np.load(BytesIO(content)) as found:
        if tuple(found["features"]) != FEATURES:
            raise LocateError(
                f"{MODEL_FILE} was trained for other features; run scripts/train_resolver.py"
            )
        arrays = {name: found[name] for name in Model._fields}
        return Model(**{**arrays, "threshold": float(found["threshold"])})
