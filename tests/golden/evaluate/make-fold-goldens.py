"""Goldens of tests/ml/evaluate/pool-folds.test.ts: metrics of each fold, their mean and sample deviation, and of all rows pooled.

pip install scikit-learn==1.7.2; python make-fold-goldens.py > folds.json
"""

import json
import sys

import numpy as np
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, roc_auc_score

rng = np.random.default_rng(5)
classes = ["a", "b", "c"]
folds, row = [], 0
for size in (40, 37, 44):
    truths = np.concatenate([[0, 1, 2], rng.choice(3, size - 3, p=[0.6, 0.3, 0.1])])
    logits = rng.normal(size=(size, 3)) + 1.2 * np.eye(3)[truths]
    # Scores are float32 in the product.
    probabilities = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)
    folds.append((np.arange(row, row + size), truths, probabilities))
    row += size

macro = dict(average="macro")


def auc(truths, scores):
    return roc_auc_score(np.eye(3)[truths], scores.astype(np.float64), **macro)


measures = {
    "accuracy": lambda t, p: accuracy_score(t, p.argmax(1)),
    "balancedAccuracy": lambda t, p: balanced_accuracy_score(t, p.argmax(1)),
    "macroF1": lambda t, p: f1_score(t, p.argmax(1), **macro),
    "auc": auc,
}
all_truths = np.concatenate([t for _, t, _ in folds])
all_scores = np.concatenate([p for _, _, p in folds])
expected = {}
for name, measure in measures.items():
    values = [float(measure(t, p)) for _, t, p in folds]
    expected[name] = {
        "byFold": values,
        "mean": float(np.mean(values)),
        "sd": float(np.std(values, ddof=1)),
        "pooled": float(measure(all_truths, all_scores)),
    }
json.dump(
    {
        "classes": classes,
        "folds": [
            {"rows": r.tolist(), "truths": t.tolist(), "probabilities": [float(v) for v in p.ravel()]} for r, t, p in folds
        ],
        "expected": expected,
    },
    sys.stdout,
    separators=(",", ":"),
)
