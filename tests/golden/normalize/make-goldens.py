"""Writes goldens.json: images and what numpy's float64 computes of them; and how Keras' ImageDataGenerator whitens them, in float64.

    python -m venv venv && venv/bin/pip install numpy scipy keras tensorflow-cpu && venv/bin/python make-goldens.py
"""
import json
from pathlib import Path

import keras
import numpy as np
from keras.src.legacy.preprocessing.image import ImageDataGenerator


def case(name, images):
    values = images.astype(np.float64)
    return {
        "name": name,
        "dtype": str(images.dtype),
        "shape": list(images.shape),
        "images": images.ravel().tolist(),
        "channel": {"mean": values.mean(axis=(0, 1, 2)).tolist(), "std": values.std(axis=(0, 1, 2)).tolist()},
        "pixel": {"mean": values.mean(axis=0).ravel().tolist(), "std": values.std(axis=0).ravel().tolist()},
        "minMax": {"min": values.min(axis=(0, 1, 2)).tolist(), "max": values.max(axis=(0, 1, 2)).tolist()},
    }


def whitening(name, images, epsilon):
    generator = ImageDataGenerator(zca_whitening=True, featurewise_center=True, zca_epsilon=epsilon, dtype="float64")
    scaled = images / np.iinfo(images.dtype).max
    generator.fit(scaled)
    return {
        "name": name,
        "dtype": str(images.dtype),
        "shape": list(images.shape),
        "images": images.ravel().tolist(),
        "epsilon": epsilon,
        "matrix": generator.zca_whitening_matrix.ravel().tolist(),
        "whitened": generator.standardize(scaled[:2].copy()).ravel().tolist(),
    }


def drawn_images(shape):
    """Images whose values go with the one before; fit-normalizer.test.ts draws the same."""
    state, before, values = 1, 0, []
    for _ in range(int(np.prod(shape))):
        state = state * 48271 % 2147483647
        before = (state % 256 + before) // 2
        values.append(before)
    return np.array(values, dtype=np.uint8).reshape(shape)


def of_many_values(shape, epsilon):
    drawn = whitening("", drawn_images(shape), epsilon)
    values = shape[1] * shape[2] * shape[3]
    return {"shape": shape, "epsilon": epsilon, "firstRows": drawn["matrix"][: 4 * values]}


rng = np.random.default_rng(7)
color = rng.integers(0, 256, size=(9, 4, 5, 3)).astype(np.uint8)
color[:, 1, 2, 0] = 17  # a pixel that never varies
deep = rng.integers(0, 65536, size=(5, 3, 4, 1)).astype(np.uint16)
bright = np.full((4, 3, 3, 1), 65535, dtype=np.uint16)
bright[0, 0, 0, 0] = 65534  # mean and deviation cancel badly in float32

cases = [case("color uint8", color), case("uint16", deep), case("nearly constant uint16", bright)]
smooth = (np.cumsum(rng.integers(0, 60, size=(50, 3, 4, 3)), axis=2) // 2).astype(np.uint8)
whitenings = [
    whitening("more images than values", smooth, 1e-6),
    whitening("with a large epsilon", smooth, 0.5),
    whitening("fewer images than values", color, 1e-6),
    whitening("uint16", rng.integers(0, 65536, size=(20, 3, 3, 1)).astype(np.uint16), 1e-3),
]
Path(__file__).with_name("goldens.json").write_text(
    json.dumps({"madeBy": f"make-goldens.py, numpy {np.__version__}, keras {keras.__version__}", "cases": cases, "whitenings": whitenings, "ofManyValues": of_many_values((400, 10, 10, 3), 1e-3)}) + "\n"
)
