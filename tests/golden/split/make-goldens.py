"""Writes goldens.json: grouped samples, and how well scikit-learn's StratifiedGroupKFold keeps the class shares on them.

    python -m venv venv && venv/bin/pip install numpy scikit-learn && venv/bin/python make-goldens.py
"""
import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.model_selection import StratifiedGroupKFold


def grouped(rng, class_groups, largest):
    """Groups of 1 to `largest` rows of one class each, small ones more often."""
    labels, groups = [], []
    sizes = np.arange(1, largest + 1)
    for label, count in enumerate(class_groups):
        for size in rng.choice(sizes, size=count, p=(1 / sizes) / (1 / sizes).sum()):
            group = len(set(groups))
            labels += [label] * size
            groups += [group] * size
    order = rng.permutation(len(labels))
    return np.array(labels)[order], np.array(groups)[order]


def worst_deviation(labels, rows):
    """Largest distance of a class's share in the part from its share in all rows."""
    classes = labels.max() + 1
    whole = np.bincount(labels, minlength=classes) / len(labels)
    return float(np.abs(np.bincount(labels[rows], minlength=classes) / len(rows) - whole).max())


def case(name, rng, class_groups, largest):
    labels, groups = grouped(rng, class_groups, largest)
    folds = StratifiedGroupKFold(n_splits=5, shuffle=True, random_state=0).split(labels, labels, groups)
    tests = [test for _, test in folds]
    return {
        "name": name,
        "labels": labels.tolist(),
        "groups": groups.tolist(),
        "worstDeviation": float(np.median([worst_deviation(labels, test) for test in tests])),
        "worstSize": float(np.median([abs(len(test) / len(labels) - 0.2) for test in tests])),
    }


rng = np.random.default_rng(3)
cases = [
    case("like skin lesions, a tenth", rng, [540, 73, 61, 33, 23, 10, 12], 4),
    case("two classes, large groups", rng, [120, 300], 10),
    case("balanced", rng, [60] * 10, 3),
]
Path(__file__).with_name("goldens.json").write_text(
    json.dumps({"madeBy": f"make-goldens.py, scikit-learn {sklearn.__version__}", "cases": cases}) + "\n"
)
