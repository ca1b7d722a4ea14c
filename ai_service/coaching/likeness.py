"""How much a sentence is like the prototypes of each facet."""

import threading
from collections.abc import Mapping

import numpy as np

from ai_service.coaching.frameworks import Facets
from ai_service.grading.embedding import Vectors
from ai_service.grading.reading import Reader

_RIDGE = 0.6  # chosen on the prototypes alone, each left out in its turn


class Likeness:
    """A ridge regression from sentence vectors to facets (A. E. Hoerl and R. W. Kennard, "Ridge Regression",
    Technometrics 12, 1970), fitted to the prototypes when it is first asked.

    Nearness to single prototypes would tell what a sentence is about; the regression weighs the directions that tell
    the facets apart, whatever the subject.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._fitted: dict[str, tuple[tuple[str, ...], Vectors]] = {}
        self._lock = threading.Lock()

    def of(self, facets: Facets, means: Vectors) -> Mapping[str, Vectors]:
        """For each facet that has prototypes the likeness of each sentence, of which `means` (n, 384) are the vectors.

        About 1 for a sentence that shows it and about 0 for one that does not.
        """
        names, weights = self._weights(facets)
        values = _with_one(means) @ weights
        return {name: values[:, place] for place, name in enumerate(names)}

    def _weights(self, facets: Facets) -> tuple[tuple[str, ...], Vectors]:
        with self._lock:
            if facets.kind not in self._fitted:
                names = tuple(sorted({name for _, shown in facets.prototypes for name in shown}))
                vectors = self._reader.mean_vectors([text for text, _ in facets.prototypes])
                targets = np.array([[name in shown for name in names] for _, shown in facets.prototypes], np.float32)
                self._fitted[facets.kind] = names, fit(vectors, targets)
            return self._fitted[facets.kind]


def fit(vectors: Vectors, targets: Vectors) -> Vectors:
    """The weights (385, facets), the last row being the constant, from vectors (n, 384) and targets (n, facets)."""
    inputs = _with_one(vectors)
    penalty = _RIDGE * np.eye(inputs.shape[1], dtype=np.float32)
    penalty[-1, -1] = 1e-3
    return np.asarray(np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ targets), dtype=np.float32)


def _with_one(vectors: Vectors) -> Vectors:
    return np.hstack([vectors, np.ones((len(vectors), 1), dtype=np.float32)])
