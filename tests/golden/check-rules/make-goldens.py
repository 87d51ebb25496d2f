"""Writes goldens.json: what rules about neighbors, spurious properties, drift and wrong labels compute, from the libraries they follow.

    python -m venv venv && venv/bin/pip install numpy scipy "cleanlab[datalab]" scikit-learn scikit-image cleanlab && venv/bin/python make-goldens.py
"""
import json
from pathlib import Path

import cleanlab
import numpy as np
import scipy
import skimage
import sklearn
from cleanlab import Datalab
from cleanlab.filter import find_label_issues
from scipy.spatial.distance import pdist, squareform
from scipy.stats import ks_2samp
from skimage.feature import hog
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import PredefinedSplit, cross_val_predict, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(7)


def rounded(values, digits=6):
    return np.round(np.asarray(values, dtype=np.float64), digits).tolist()


def neighbors():
    thumbnails = np.clip(rng.normal(rng.choice([80, 170], size=(40, 1)), 25, size=(40, 64)), 0, 255).astype(np.uint8)
    distances, _ = NearestNeighbors(n_neighbors=11).fit(thumbnails.astype(float)).kneighbors(thumbnails.astype(float))
    return {"thumbnails": thumbnails.ravel().tolist(), "distances": rounded(distances[:, 1:].mean(axis=1))}


def predictability():
    labels = rng.choice(3, size=120, p=[0.5, 0.3, 0.2])
    values = rng.normal(labels * 1.2, 1.0)
    seen = {0: 0, 1: 0, 2: 0}
    folds = np.empty(len(labels), dtype=int)
    for row, label in enumerate(labels):
        folds[row] = seen[label] % 5
        seen[label] += 1
    split = PredefinedSplit(folds)
    scores = cross_val_score(GaussianNB(), values[:, None], labels, cv=split)
    sizes = np.bincount(folds)
    accuracy = (scores * sizes).sum() / sizes.sum()
    baseline = np.bincount(labels).max() / len(labels)
    return {"values": values.tolist(), "labels": labels.tolist(), "gain": float((accuracy - baseline) / (1 - baseline))}


def gradients():
    image = rng.integers(0, 256, size=(64, 64, 3)).astype(np.uint8)
    image[10:50, 20:30] = [200, 40, 90]
    options = {"orientations": 9, "pixels_per_cell": (8, 8), "cells_per_block": (2, 2), "channel_axis": 2}
    return {"image": image.ravel().tolist(), "features": rounded(hog(image / 255.0, **options), 5)}


def regression():
    labels = rng.choice(3, size=90)
    features = rng.normal(0, 1, size=(90, 12))
    features[:, 0] += labels
    features[:, 1] -= 2 * (labels == 1)
    features[:, 2] = 5 + 30 * features[:, 2]
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, tol=1e-10, max_iter=10_000)).fit(features, labels)
    held_out = rng.normal(0, 1, size=(10, 12))
    return {
        "features": features.tolist(),
        "labels": labels.tolist(),
        "penalty": 20,
        "heldOut": held_out.tolist(),
        "probabilities": rounded(model.predict_proba(held_out)),
    }


def confident_learning():
    labels = rng.choice(3, size=200)
    logits = rng.normal(0, 1, size=(200, 3))
    truth = np.where(rng.random(200) < 0.1, rng.choice(3, size=200), labels)
    logits[np.arange(200), truth] += 2
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rows = find_label_issues(labels, probabilities, return_indices_ranked_by="self_confidence", filter_by="confident_learning")
    return {"labels": labels.tolist(), "probabilities": probabilities.tolist(), "rows": rows.tolist()}


def order_dependence(series):
    """Two classes, listed one after the other; in a series, neighbors in the list look alike. What Datalab says of the same features by its
    permutation test, and the distance of both samples by scipy."""
    own = np.random.default_rng(11)
    labels = np.repeat([0, 1], 150)
    drift = 90 * np.sin(np.linspace(0, 9, 300))[:, None] if series else own.normal(0, 60, size=(300, 1))
    thumbnails = np.clip(120 + drift + own.normal(0, 12, size=(300, 64)), 0, 255).astype(np.uint8)
    distances = squareform(pdist(thumbnails.astype(float)))
    np.fill_diagonal(distances, np.inf)
    places = np.concatenate([np.arange(150) / 150] * 2)
    peers = labels[:, None] == labels[None, :]
    apart = np.abs(places[:, None] - places[None, :])
    near = [apart[i, j] for i in range(300) for j in np.argsort(distances[i], kind="stable")[:10] if peers[i, j]]
    everyone = apart[peers & ~np.eye(300, dtype=bool)]
    lab = Datalab(data={"id": list(range(300))}, verbosity=0)
    lab.find_issues(features=thumbnails[:150].astype(float), issue_types={"non_iid": {}})
    return {
        "thumbnails": thumbnails.ravel().tolist(),
        "labels": labels.tolist(),
        "kolmogorovSmirnov": float(ks_2samp(near, everyone).statistic),
        "cleanlabPValue": float(lab.get_info("non_iid")["p-value"]),
    }


def separation(shift, seed):
    """Two sides of rows, some of which share a unit. Units of a side are dealt to five folds in turn."""
    own = np.random.default_rng(seed)
    sides = np.repeat([False, True], [70, 40])
    units = [f"{side}{i // 3 if i < 30 else i}" for i, side in enumerate(sides)]
    features = own.normal(0, 1, size=(110, 6)) * [1, 10, 0.1, 5, 1, 1] + [0, 50, 3, 0, 0, 0]
    features[sides, 0] += shift
    features[:, 4] = 7
    seen, fold_of = {False: 0, True: 0}, {}
    for side, unit in zip(sides, units):
        if unit not in fold_of:
            fold_of[unit] = seen[bool(side)] % 5
            seen[bool(side)] += 1
    split = PredefinedSplit([fold_of[unit] for unit in units])
    model = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-12, max_iter=10_000))
    scores = cross_val_predict(model, features, sides, cv=split, method="decision_function")
    return {
        "features": features.tolist(),
        "sides": sides.tolist(),
        "units": units,
        "scores": rounded(scores),
        "auc": float(roc_auc_score(sides, scores)),
    }


libraries = f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, scikit-image {skimage.__version__}, cleanlab {cleanlab.__version__}"
Path(__file__).with_name("goldens.json").write_text(
    json.dumps(
        {
            "madeBy": f"make-goldens.py, {libraries}",
            "neighbors": neighbors(),
            "predictability": predictability(),
            "gradients": gradients(),
            "regression": regression(),
            "confidentLearning": confident_learning(),
            "separation": {"apart": separation(1.5, 3), "alike": separation(0, 4)},
            "orderDependence": {"series": order_dependence(True), "mixed": order_dependence(False)},
        }
    )
    + "\n"
)
