"""Writes goldens.json: small images and CleanVision's measures of them, computed with numpy and Pillow as CleanVision does.

    python -m venv venv && venv/bin/pip install numpy pillow && venv/bin/python make-goldens.py

@see CleanVision, src/cleanvision/issue_managers/image_property.py: calc_percentile_brightness, calc_entropy, calc_blurriness
"""
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageFilter


def brightness(image):
    values = image.astype(np.float64)
    if values.shape[2] == 3:
        r, g, b = values[..., 0], values[..., 1], values[..., 2]
        return np.sqrt(0.241 * r * r + 0.691 * g * g + 0.068 * b * b) / 255
    return values[..., 0] / 255


def sharpness(grey):
    """BlurrinessProperty.calculate for images of at most 64 pixels, which it leaves at their size."""
    edges = np.array(grey.filter(ImageFilter.FIND_EDGES))
    blurriness = 1 - np.exp(-0.01 * np.sqrt(np.var(edges.astype(np.float64))))
    spread = 1 - np.exp(-0.01 * np.std(grey.histogram()))
    return float(blurriness + (spread if spread > 0.18 else 0))


def case(name, image):
    bright = brightness(image)
    shown = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    return {
        "name": name,
        "shape": list(image.shape),
        "image": image.ravel().tolist(),
        "brightestShare": float(np.percentile(bright, 99)),
        "darkestShare": float(1 - np.percentile(bright, 5)),
        "sharpness": sharpness(shown.convert("L")),
        "information": float(min(1, 0.1 * shown.entropy())),
    }


rng = np.random.default_rng(5)
night = rng.integers(0, 60, size=(13, 11, 1)).astype(np.uint8)
snow = rng.integers(248, 256, size=(10, 10, 3)).astype(np.uint8)
stroke = np.zeros((28, 28, 1), np.uint8)
stroke[4:24, 13:15] = 255
noise = rng.integers(0, 256, size=(9, 17, 3)).astype(np.uint8)
flat = np.full((5, 5, 3), 90, np.uint8)
cases = [case("night", night), case("snow", snow), case("stroke", stroke), case("noise", noise), case("flat", flat)]
Path(__file__).with_name("goldens.json").write_text(
    json.dumps({"madeBy": f"make-goldens.py, numpy {np.__version__}, Pillow {PIL.__version__}", "cases": cases}) + "\n"
)
