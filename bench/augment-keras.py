"""Keras' ImageDataGenerator in the augmentation benchmark: batches of float32 images, one epoch of them for each line on stdin."""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from keras.src.legacy.preprocessing.image import ImageDataGenerator

given = json.loads(sys.argv[1])
rows, augment = given["rows"], given["augment"]
shape = (rows, given["height"], given["width"], given["channels"])
x = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8).astype("float32")
y = (np.arange(rows) % given["classes"]).astype("int32")
generator = ImageDataGenerator(
    rescale=1 / 255,
    rotation_range=augment["rotation"],
    width_shift_range=augment["shift"],
    height_shift_range=augment["shift"],
    shear_range=augment["shear"],
    zoom_range=augment["zoom"],
    horizontal_flip=augment["flip"] == "horizontal",
    fill_mode=augment["fillMode"],
)
batches = generator.flow(x, y, batch_size=given["batchSize"], shuffle=True, seed=1)

for line in sys.stdin:
    start, cpu = time.perf_counter(), time.process_time()
    for index in range(len(batches)):
        images, labels = batches[index]
    cost = {"seconds": time.perf_counter() - start, "cpuSeconds": time.process_time() - cpu, "residentBytes": 0}
    print(json.dumps(cost), flush=True)
