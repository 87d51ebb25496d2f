"""Writes goldens.json: predictions and what scikit-learn measures on them.

    python -m venv venv && venv/bin/pip install numpy scikit-learn && venv/bin/python make-goldens.py
"""
import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics

warnings.filterwarnings("error")
EPSILON = np.finfo(np.float32).eps


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def predictions(rng, rows, present, classes, decimals):
    """Scores rounded to few digits, so that many tie."""
    truths = rng.choice(present, size=rows, p=np.linspace(2, 1, len(present)) / np.linspace(2, 1, len(present)).sum())
    logits = rng.normal(size=(rows, classes))
    logits[np.arange(rows), truths] += 1.3
    return truths, np.round(softmax(logits), decimals).astype(np.float32)


def ece(truths, p, bins=15):
    top, confidence = p.argmax(axis=1), p.max(axis=1).astype(np.float64)
    edges = np.linspace(0, 1, bins + 1)
    table, total = [], 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.sum() == 0:
            table.append([None, None, 0])
            continue
        c, a = confidence[inside].mean(), (top == truths)[inside].mean()
        total += inside.sum() * abs(a - c)
        table.append([c, a, int(inside.sum())])
    return total / len(truths), table


def bootstrap(rng, truths, predicted, scores, groups, draws):
    """Percentile intervals of groups drawn within their class; an implementation of its own, compared within a tolerance."""
    names = np.unique(groups)
    rows_of = [np.flatnonzero(groups == name) for name in names]
    stratum = np.array([truths[rows[0]] for rows in rows_of])
    samples = []
    for _ in range(draws):
        drawn = np.concatenate([rng.choice(np.flatnonzero(stratum == s), size=(stratum == s).sum()) for s in np.unique(stratum)])
        rows = np.concatenate([rows_of[i] for i in drawn])
        t, y = truths[rows], predicted[rows]
        samples.append([
            metrics.accuracy_score(t, y), metrics.balanced_accuracy_score(t, y), metrics.f1_score(t, y, average="macro"),
            metrics.roc_auc_score(t, scores[rows]),
        ])
    low, high = np.percentile(np.array(samples), [2.5, 97.5], axis=0)
    return {name: [low[i], high[i]] for i, name in enumerate(["accuracy", "balancedAccuracy", "macroF1", "auc"])}


def nullable(value):
    return None if np.isnan(value) else float(value)


def per_class(truths, predicted, p, classes):
    result = []
    present = set(np.unique(truths))
    for k in range(classes):
        y, score, hit = (truths == k).astype(int), p[:, k], (predicted == k).astype(int)
        has = k in present
        result.append({
            "support": int(y.sum()),
            "predicted": int(hit.sum()),
            "precision": nullable(metrics.precision_score(y, hit, zero_division=np.nan)),
            "recall": nullable(metrics.recall_score(y, hit, zero_division=np.nan)),
            "f1": float(metrics.f1_score(y, hit, zero_division=0)) if has else None,
            "specificity": float(metrics.recall_score(1 - y, 1 - hit)),
            "negativePredictiveValue": float(metrics.precision_score(1 - y, 1 - hit)),
            "auc": float(metrics.roc_auc_score(y, score)) if has else None,
            "averagePrecision": float(metrics.average_precision_score(y, score)) if has else None,
        })
    return result


def pr_curves(truths, p, classes):
    """[recall, precision] by class from the highest score on, without scikit-learn's added end and what comes after full recall."""
    curves = []
    for k in range(classes):
        if not (truths == k).any():
            curves.append([])
            continue
        precision, recall, _ = metrics.precision_recall_curve(truths == k, p[:, k])
        points = list(zip(recall[:-1].tolist(), precision[:-1].tolist()))[::-1]
        curves.append(points[: [r for r, _ in points].index(1.0) + 1])
    return curves


def multiclass(rng):
    classes, present = 5, [0, 1, 2, 4]
    truths, p = predictions(rng, 400, present, classes, 2)
    predicted = p.argmax(axis=1)
    one_hot = np.eye(classes)[truths]
    scores = per_class(truths, predicted, p, classes)
    top_ece, bins = ece(truths, p)
    clipped = np.clip(p[np.arange(len(truths)), truths].astype(np.float64), EPSILON, 1 - EPSILON)
    return {
        "classes": [f"c{k}" for k in range(classes)], "truths": truths.tolist(), "probabilities": p.ravel().tolist(),
        "expected": {
            "accuracy": metrics.accuracy_score(truths, predicted),
            "balancedAccuracy": metrics.recall_score(truths, predicted, labels=present, average="macro"),
            "macroF1": metrics.f1_score(truths, predicted, labels=present, average="macro"),
            "auc": float(np.mean([s["auc"] for s in scores if s["auc"] is not None])),
            "averagePrecision": float(np.mean([s["averagePrecision"] for s in scores if s["averagePrecision"] is not None])),
            "majorityBaseline": float(np.bincount(truths).max() / len(truths)),
            "confusion": metrics.confusion_matrix(truths, predicted, labels=range(classes)).tolist(),
            "perClass": scores, "prCurves": pr_curves(truths, p, classes),
            "ece": top_ece, "bins": bins, "nll": float(-np.log(clipped).mean()),
            "brier": float(((p.astype(np.float64) - one_hot) ** 2).sum(axis=1).mean()),
        },
    }


def binary(rng):
    rows = 300
    truths, p = predictions(rng, rows, [0, 1], 2, 2)
    p[:, 0] = 1 - p[:, 1]
    groups = np.array([f"g{t}-{i // 3}" for i, t in enumerate(truths)])
    predicted = (p[:, 1] >= np.float32(0.4)).astype(int)
    top_ece, bins = ece(truths, p)
    fpr, tpr, thresholds = metrics.roc_curve(truths, p[:, 1], drop_intermediate=False)
    return {
        "classes": ["negative", "positive"], "truths": truths.tolist(), "probabilities": p.ravel().tolist(),
        "groups": groups.tolist(), "threshold": float(np.float32(0.4)),
        "expected": {
            "accuracy": metrics.accuracy_score(truths, predicted),
            "balancedAccuracy": metrics.balanced_accuracy_score(truths, predicted),
            "macroF1": metrics.f1_score(truths, predicted, average="macro"),
            "auc": metrics.roc_auc_score(truths, p[:, 1]),
            "averagePrecision": metrics.average_precision_score(truths, p[:, 1]),
            "majorityBaseline": float(np.bincount(truths).max() / rows),
            "confusion": metrics.confusion_matrix(truths, predicted).tolist(),
            "perClass": per_class(truths, predicted, p, 2), "prCurves": pr_curves(truths, p, 2),
            "ece": top_ece, "bins": bins, "nll": metrics.log_loss(truths, np.clip(p[:, 1].astype(np.float64), EPSILON, 1 - EPSILON)),
            "brier": metrics.brier_score_loss(truths, p[:, 1].astype(np.float64)),
            "youden": float(thresholds[np.argmax(tpr - fpr)]),
            "sensitivity90": float(thresholds[np.argmax(tpr >= 0.9)]),
            "bootstrap": bootstrap(rng, truths, predicted, p[:, 1], groups, 4000),
        },
    }


rng = np.random.default_rng(20)
goldens = {"madeBy": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}", "multiclass": multiclass(rng), "binary": binary(rng)}
Path(__file__).with_name("goldens.json").write_text(json.dumps(goldens) + "\n")
