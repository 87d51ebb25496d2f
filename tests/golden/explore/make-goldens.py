"""Writes goldens.json: small images with a table, and what numpy, pandas and scikit-learn measure on them.

    python -m venv venv && venv/bin/pip install numpy scipy pandas scikit-learn && venv/bin/python make-goldens.py
"""
import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import ndimage
from sklearn.decomposition import PCA

rng = np.random.default_rng(11)
rows, height, width, channels, classes = 40, 6, 7, 3, 3
label = rng.choice([-1, 0, 1, 2], rows, p=[0.05, 0.6, 0.25, 0.1])
part = rng.choice([0, 1, 2, 3], rows, p=[0.6, 0.15, 0.2, 0.05])
images = np.clip(rng.normal(90 + 30 * label[:, None, None, None], 40, (rows, height, width, channels)), 0, 255).astype(np.uint8)
images[:, 0, 0, :] = 7
age = [None if rng.random() < 0.1 else float(rng.integers(0, 90)) for _ in range(rows)]
sex = rng.choice(["male", "female", "unknown"], rows).tolist()
groups = [f"g{i // 2}" for i in range(rows)]

gray = images.astype(np.int64).sum(axis=3)
kernel = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]])
edges = np.stack([ndimage.convolve(image, kernel)[1:-1, 1:-1] for image in gray])
scale = channels * 255
train = images[part == 0].astype(np.float64)
frame = pd.DataFrame({"label": label, "age": pd.Series(age, dtype="float64"), "sex": sex})
labeled = frame[frame.label >= 0]
table = np.round(rng.normal(size=(25, 6)) * [5, 3, 1, 1, 1, 0.5] + 3, 3)
pca = PCA(2).fit(table)
flipped = pca.components_ * np.sign(pca.components_[[0, 1], np.abs(pca.components_).argmax(axis=1)])[:, None]
goldens = {
    "components": {
        "table": table.tolist(), "scores": ((table - table.mean(axis=0)) @ flipped.T).tolist(),
        "explained": pca.explained_variance_ratio_.tolist(),
    },
    "shape": [rows, height, width, channels], "pixels": images.ravel().tolist(), "label": label.tolist(), "part": part.tolist(),
    "age": age, "sex": sex, "group": groups,
    "expected": {
        "brightness": (gray.mean(axis=(1, 2)) / scale).tolist(),
        "contrast": (gray.std(axis=(1, 2)) / scale).tolist(),
        "sharpness": (edges.std(axis=(1, 2)) / scale).tolist(),
        "channelMeans": (train.mean(axis=(0, 1, 2)) / 255).tolist(),
        "channelDeviations": (train.std(axis=(0, 1, 2)) / 255).tolist(),
        "min": int(images.min()), "max": int(images.max()),
        "classMean": (images[label == 1].mean(axis=0) / 255).ravel().tolist(),
        "classDeviation": (images[label == 1].astype(np.float64).std(axis=0) / 255).ravel().tolist(),
        "perClass": [[int(((label == c) & (part == p)).sum()) for c in range(classes)] for p in range(3)],
        "groups": [int(pd.Series(groups)[part == p].nunique()) for p in range(3)],
        "ageNulls": int(frame.age.isna().sum()), "ageMean": float(frame.age.mean()), "ageDeviation": float(frame.age.std()),
        "ageByClass": labeled.groupby("label").age.mean().tolist(),
        "sexTop": frame.sex.value_counts().to_dict(),
        "sexByClass": {s: [int(((labeled.sex == s) & (labeled.label == c)).sum()) for c in range(classes)] for s in set(sex)},
    },
}
Path(__file__).with_name("goldens.json").write_text(json.dumps(goldens) + "\n")
