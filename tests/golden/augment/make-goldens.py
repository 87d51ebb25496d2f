"""Writes goldens.json: images moved by Keras and by scipy, with the matrices they were moved by; colors changed by Keras and TensorFlow.

    python -m venv venv && venv/bin/pip install keras tensorflow-cpu==2.21.0 scipy pillow && venv/bin/python make-goldens.py

Keras' legacy apply_affine_transform builds a matrix and calls scipy.ndimage.affine_transform. Its matrix since 2020 swaps rows and columns
(keras-preprocessing pull request 318); the pixels a given matrix yields are what has to agree, and so each case records the matrix used.
`documented` holds the matrices of the documented meaning: rotation, then shift, shear and zoom about the center of the image.

The fill modes constant and wrap have TensorFlow's documented meaning, which is not scipy's: `tensorflow_moved` says it in numpy, and is held to
TensorFlow's op here.
"""
import inspect
import json
from pathlib import Path

import keras
import numpy as np
import scipy
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator, apply_affine_transform, apply_brightness_shift, apply_channel_shift
from scipy import ndimage, stats


def documented_matrix(theta, rows, columns, shear, zoom_rows, zoom_columns, height, width):
    """Output (row, column, 1) to input, angles in degrees, shifts in pixels."""
    t, s = np.deg2rad(theta), np.deg2rad(shear)
    rotation = np.array([[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]])
    shift = np.array([[1, 0, rows], [0, 1, columns], [0, 0, 1]])
    shearing = np.array([[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]])
    zoom = np.diag([zoom_rows, zoom_columns, 1])
    center = np.array([[1, 0, height / 2 - 0.5], [0, 1, width / 2 - 0.5], [0, 0, 1]])
    return center @ rotation @ shift @ shearing @ zoom @ np.linalg.inv(center)


def moved(image, matrix, mode, order=1):
    channels = [
        ndimage.affine_transform(image[..., c], matrix[:2, :2], matrix[:2, 2], order=order, mode=mode) for c in range(image.shape[2])
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


def scipy_case(rng, height, width, mode, order=1, **draw):
    image = rng.random((height, width, 1)).astype(np.float32)
    matrix = documented_matrix(height=height, width=width, **draw)
    case = {"fillMode": mode, "image": image, "matrix": matrix, "pixels": moved(image, matrix, mode, order)}
    return case if order == 1 else {**case, "interpolation": "nearest"}


def tensorflow_moved(image, matrix, mode, cval):
    """Bilinear between pixels; what stands outside is cval (constant), or the image again (wrap), between whose copies nothing is interpolated."""
    height, width, channels = image.shape
    result = np.zeros(image.shape)
    for row in range(height):
        for column in range(width):
            y, x, _ = matrix @ [row, column, 1]
            if mode == "wrap":
                y, x = wrapped(y, height), wrapped(x, width)
            top, left = int(np.floor(y)), int(np.floor(x))
            for r, c in [(top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)]:
                weight = (1 - abs(y - r)) * (1 - abs(x - c))
                inside = 0 <= r < height and 0 <= c < width
                result[row, column] += weight * (image[r, c] if inside else cval)
    return result


def wrapped(at, length):
    """Whole periods of `length` are taken off, as many as the distance between the first and the last pixel goes into the coordinate."""
    last = length - 1
    if at < 0:
        at += length * (int(-at / last) + 1)
    elif at > last:
        at -= length * int(at / last)
    return min(max(at, 0), last)


def tensorflow_case(rng, height, width, mode, cval, **draw):
    image = rng.random((height, width, 2)).astype(np.float32)
    matrix = documented_matrix(height=height, width=width, **draw)
    (rr, rc, r0), (cr, cc, c0), _ = matrix
    pixels = tensorflow_moved(image, matrix, mode, cval)
    op = tf.raw_ops.ImageProjectiveTransformV3(
        images=image[None], transforms=np.float32([[cc, cr, c0, rc, rr, r0, 0, 0]]), output_shape=[height, width],
        interpolation="BILINEAR", fill_mode=mode.upper(), fill_value=cval,
    )
    assert np.abs(op[0] - pixels).max() < 1e-5, np.abs(op[0] - pixels).max()
    return {"fillMode": mode, "cval": cval, "image": image, "matrix": matrix, "pixels": pixels}


def color_cases(rng):
    image = rng.integers(0, 256, (6, 5, 3)).astype(np.float32)
    case = lambda kind, value, pixels, tolerance=1e-3: {
        "kind": kind, "value": value, "tolerance": tolerance, "image": image, "pixels": np.asarray(pixels)
    }
    limited = lambda pixels: np.clip(pixels, 0, 255)
    return [
        case("channelShift", 40.0, apply_channel_shift(image, 40.0, 2)),
        case("channelShift", -75.5, apply_channel_shift(image, -75.5, 2)),
        # Pillow computes in whole numbers.
        case("brightness", 0.6, apply_brightness_shift(image, 0.6, False), 1.0),
        case("brightness", 1.45, apply_brightness_shift(image, 1.45, False), 1.0),
        case("contrast", 0.4, limited(tf.image.adjust_contrast(image, 0.4))),
        case("contrast", 1.8, limited(tf.image.adjust_contrast(image, 1.8))),
        case("saturation", 0.3, tf.image.adjust_saturation(image / 255, 0.3) * 255),
        case("saturation", 1.7, tf.image.adjust_saturation(image / 255, 1.7) * 255),
        case("hue", 0.15, tf.image.adjust_hue(image / 255, 0.15) * 255),
        case("hue", -0.4, tf.image.adjust_hue(image / 255, -0.4) * 255),
    ]


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

    cases.append(scipy_case(rng, 7, 11, mode, 0, **draw))

still = {"theta": 0.0, "shear": 0.0, "zoom_rows": 1.0, "zoom_columns": 1.0}
for mode, cval in [("constant", 0.0), ("constant", 0.75), ("wrap", 0.0)]:
    draw = {"theta": 30.0, "rows": 2.5, "columns": -3.25, "shear": 10.0, "zoom_rows": 1.2, "zoom_columns": 0.8}
    cases.append(tensorflow_case(rng, 8, 13, mode, cval, **draw))
    cases.append(tensorflow_case(rng, 9, 6, mode, cval, rows=11.0, columns=-8.0, **still))

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
        "colors": [listed(case) for case in color_cases(np.random.default_rng(12))],
        "kerasParameters": list(inspect.signature(ImageDataGenerator).parameters),
        "betaQuantiles": [
            {"alpha": alpha, "quantiles": stats.beta.ppf(np.arange(1, 10) / 10, alpha, alpha).tolist()} for alpha in [0.2, 1.0, 4.0]
        ],
    }) + "\n"
)
