"""Writes correction.json: logits, and what SciPy and NumPy make of them: the temperature of least log loss, and Elkan's change of priors.

    python -m venv venv && venv/bin/pip install numpy scipy scikit-learn && venv/bin/python make-correction-goldens.py
"""
import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.metrics import log_loss


def two_columns(logits):
    return np.hstack([np.zeros_like(logits), logits]) if logits.shape[1] == 1 else logits


def temperature(logits, truths):
    loss = lambda t: log_loss(truths, softmax(two_columns(logits) / t, axis=1), labels=range(two_columns(logits).shape[1]))
    found = minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-10})
    return {"temperature": found.x, "before": loss(1.0), "after": found.fun}


def prior(logits, counts, weights, prevalence):
    """Elkan 2001, theorem 2, on probabilities; one is added to each count."""
    trained = (counts + 1) * weights
    wanted = prevalence + 1
    p = softmax(two_columns(logits), axis=1) / (trained / trained.sum()) * (wanted / wanted.sum())
    return p / p.sum(axis=1, keepdims=True)


def case(rng, rows, outputs, sharpness):
    """Truths are drawn from softmax(logits / sharpness): the temperature to be found is near it."""
    logits = (rng.normal(size=(rows, outputs)) * 2 * sharpness).astype(np.float32)
    p = softmax(two_columns(logits.astype(np.float64)) / sharpness, axis=1)
    truths = np.array([rng.choice(p.shape[1], p=row) for row in p])
    classes = p.shape[1]
    counts = rng.integers(20, 400, size=classes)
    weights = counts.sum() / (classes * counts)
    prevalence = np.bincount(truths, minlength=classes)
    exact = logits.astype(np.float64)
    return {
        "outputs": outputs, "logits": logits.ravel().tolist(), "truths": truths.tolist(), **temperature(exact, truths),
        "prior": {"counts": counts.tolist(), "weights": weights.tolist(), "prevalence": prevalence.tolist(),
                  "probabilities": prior(exact, counts, weights, prevalence).ravel().tolist()},
    }


rng = np.random.default_rng(17)
goldens = {
    "madeBy": f"scipy {scipy.__version__}, numpy {np.__version__}, scikit-learn {sklearn.__version__}",
    "softmax": case(rng, 120, 4, 2.5), "sigmoid": case(rng, 120, 1, 0.6),
}
Path(__file__).with_name("correction.json").write_text(json.dumps(goldens) + "\n")
