"""Writes goldens.json: images and what numpy's float64 computes of them.

    python -m venv venv && venv/bin/pip install numpy && venv/bin/python make-goldens.py
"""
import json
from pathlib import Path

import numpy as np


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


rng = np.random.default_rng(7)
color = rng.integers(0, 256, size=(9, 4, 5, 3)).astype(np.uint8)
color[:, 1, 2, 0] = 17  # a pixel that never varies
deep = rng.integers(0, 65536, size=(5, 3, 4, 1)).astype(np.uint16)
bright = np.full((4, 3, 3, 1), 65535, dtype=np.uint16)
bright[0, 0, 0, 0] = 65534  # mean and deviation cancel badly in float32

cases = [case("color uint8", color), case("uint16", deep), case("nearly constant uint16", bright)]
Path(__file__).with_name("goldens.json").write_text(
    json.dumps({"madeBy": f"make-goldens.py, numpy {np.__version__}", "cases": cases}) + "\n"
)
