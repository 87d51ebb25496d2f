"""Writes extractor/: the layers of small.keras up to its pooling as a SavedModel, as `model.export` makes one.

    python -m venv venv && venv/bin/pip install tensorflow-cpu==2.21.0 keras==3.15.1 && venv/bin/python make-saved-model.py
"""
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
import keras

here = Path(__file__).parent
whole = keras.models.load_model(here / "small.keras")
layer = json.loads((here / "goldens.json").read_text())["layer"]
features = keras.Model(whole.input, whole.get_layer(layer).output)
features.export(here / "extractor", verbose=False)
for path in (here / "extractor").iterdir():
    if path.name not in ("saved_model.pb", "variables"):
        path.unlink() if path.is_file() else path.rmdir()
