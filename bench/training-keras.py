"""Keras in the training benchmark: `fit` as it comes, images in memory as float32. One epoch for each line on stdin."""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from keras import layers

given = json.loads(sys.argv[1])
rows, classes = given["rows"], given["classes"]
shape = (given["height"], given["width"], given["channels"])
x = np.random.default_rng(1).integers(0, 256, (rows, *shape), dtype=np.uint8).astype("float32") / 255
y = (np.arange(rows) % classes).astype("int32")


def layer(given):
    if given == "flatten":
        return layers.Flatten()
    if "conv" in given:
        return layers.Conv2D(given["conv"], 3, padding=given["padding"], activation="relu")
    if "pool" in given:
        return layers.MaxPooling2D(2)
    if "dense" in given:
        return layers.Dense(given["dense"], activation="relu")
    return layers.Dropout(given["dropout"])


head = layers.Dense(1, activation="sigmoid") if classes == 2 else layers.Dense(classes, activation="softmax")
model = keras.Sequential([layers.Input(shape), *map(layer, given["layers"]), head])
loss = "binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy"
model.compile("adam", loss, metrics=["accuracy"])

for line in sys.stdin:
    start, cpu = time.perf_counter(), time.process_time()
    model.fit(x, y, batch_size=given["batchSize"], epochs=1, verbose=0)
    cost = {"seconds": time.perf_counter() - start, "cpuSeconds": time.process_time() - cpu, "residentBytes": 0}
    print(json.dumps(cost), flush=True)
