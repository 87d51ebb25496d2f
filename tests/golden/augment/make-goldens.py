"""Writes goldens.json: images moved by Keras and by scipy, with the matrices they were moved by.

    python -m venv venv && venv/bin/pip install keras jax scipy && KERAS_BACKEND=jax venv/bin/python make-goldens.py

Keras' legacy apply_affine_transform builds a matrix and calls scipy.ndimage.affine_transform. Its matrix since 2020 swaps rows and columns
(keras-preprocessing pull request 318); the pixels a given matrix yields are what has to agree, and so each case records the matrix used.
`documented` holds the matrices of the documented meaning: rotation, then shift, shear and zoom about the center of the image.
"""
import json
from pathlib import Path

import keras
import numpy as np
import scipy
from keras.src.legacy.preprocessing.image import apply_affine_transform
from scipy import ndimage


def documented_matrix(theta, rows, columns, shear, zoom_rows, zoom_columns, height, width):
    """Output (row, column, 1) to input, angles in degrees, shifts in pixels."""
    t, s = np.deg2rad(theta), np.deg2rad(shear)
    rotation = np.array([[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]])
    shift = np.array([[1, 0, rows], [0, 1, columns], [0, 0, 1]])
    shearing = np.array([[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]])
    zoom = np.diag([zoom_rows, zoom_columns, 1])
    center = np.array([[1, 0, height / 2 - 0.5], [0, 1, width / 2 - 0.5], [0, 0, 1]])
    return center @ rotation @ shift @ shearing @ zoom @ np.linalg.inv(center)


def moved(image, matrix, mode):
    channels = [
        ndimage.affine_transform(image[..., c], matrix[:2, :2], matrix[:2, 2], order=1, mode=mode) for c in range(image.shape[2])
    ]
    return np.stack(channels, axis=-1)


def keras_case(rng, theta, shift, shear, zoom, size, mode):
    image = rng.random((size, size, 3)).astype(np.float32)
    matrix = documented_matrix(theta, shift[0], shift[1], shear, zoom[0], zoom[1], size, size)
    swap = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    matrix = swap @ matrix @ swap
    pixels = apply_affine_transform(
        image, theta=theta, tx=shift[0], ty=shift[1], shear=shear, zx=zoom[0], zy=zoom[1],
        row_axis=0, col_axis=1, channel_axis=2, fill_mode=mode, order=1,
    )
    assert np.abs(pixels - moved(image, matrix, mode)).max() < 1e-6
    return {"fillMode": mode, "image": image, "matrix": matrix, "pixels": pixels}


def scipy_case(rng, height, width, mode, **draw):
    image = rng.random((height, width, 1)).astype(np.float32)
    matrix = documented_matrix(height=height, width=width, **draw)
    return {"fillMode": mode, "image": image, "matrix": matrix, "pixels": moved(image, matrix, mode)}


def listed(value):
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), "values": [round(float(v), 9) for v in value.ravel()]}
    return {k: listed(v) for k, v in value.items()} if isinstance(value, dict) else value


rng = np.random.default_rng(11)
cases = []
for mode in ["nearest", "reflect"]:
    cases.append(keras_case(rng, 20.0, (1.7, -2.3), 5.0, (0.85, 1.15), 12, mode))
    cases.append(keras_case(rng, -75.0, (-6.5, 4.0), -20.0, (1.6, 0.6), 9, mode))
    draw = {"theta": 30.0, "rows": 2.5, "columns": -3.25, "shear": 10.0, "zoom_rows": 1.2, "zoom_columns": 0.8}
    cases.append(scipy_case(rng, 8, 13, mode, **draw))

documented = []
for _ in range(8):
    height, width = int(rng.integers(5, 40)), int(rng.integers(5, 40))
    draw = {
        "theta": float(rng.uniform(-180, 180)), "rows": float(rng.uniform(-0.5, 0.5)), "columns": float(rng.uniform(-0.5, 0.5)),
        "shear": float(rng.uniform(-60, 60)), "zoom_rows": float(rng.uniform(0.5, 1.5)), "zoom_columns": float(rng.uniform(0.5, 1.5)),
    }
    pixels = {**draw, "rows": draw["rows"] * height, "columns": draw["columns"] * width}
    documented.append({"height": height, "width": width, **draw, "matrix": documented_matrix(height=height, width=width, **pixels)})

Path(__file__).with_name("goldens.json").write_text(
    json.dumps({
        "madeBy": f"make-goldens.py, keras {keras.__version__}, scipy {scipy.__version__}, numpy {np.__version__}",
        "pixels": [listed(case) for case in cases],
        "documented": [listed(case) for case in documented],
    }) + "\n"
)
