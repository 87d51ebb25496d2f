"""Goldens of tests/trainer/engine/grad-cam.test.ts: Grad-CAM of a small network by Keras and GradientTape.

pip install tensorflow-cpu==2.21.0; python make-grad-cam.py > grad-cam.json
"""

import json
import sys

import numpy as np
import tensorflow as tf

rng = np.random.default_rng(11)
images = rng.integers(0, 256, (3, 8, 6, 3), dtype=np.uint8)
keras = tf.keras
inputs = keras.Input((8, 6, 3))
x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="conv2d")(inputs)
x = keras.layers.MaxPooling2D(2)(x)
features = keras.layers.Conv2D(5, 3, padding="same", activation="relu", name="conv2d_1")(x)
x = keras.layers.Flatten()(features)
x = keras.layers.Dense(6, activation="tanh", name="dense")(x)
logits = keras.layers.Dense(3, name="dense_1")(x)
model = keras.Model(inputs, [features, logits])
weights = {}
for layer in model.layers:
    if not layer.weights:
        continue
    values = [rng.normal(0, 0.5, w.shape).astype(np.float32) for w in layer.weights]
    layer.set_weights(values)
    for name, value in zip(("kernel", "bias"), values):
        weights[f"{layer.name}/{name}"] = {"shape": list(value.shape), "values": [float(v) for v in value.ravel()]}

codes, maps = [0, 2, 1], []
for image, code in zip(images, codes):
    with tf.GradientTape() as tape:
        activations, scores = model(image[None].astype(np.float32) / 255)
        score = scores[0, code]
    importance = tf.reduce_mean(tape.gradient(score, activations), axis=(0, 1, 2))
    heat = tf.nn.relu(tf.reduce_sum(activations[0] * importance, axis=-1)).numpy()
    maps.append([float(v) for v in (heat / heat.max() if heat.max() > 0 else heat).ravel()])

json.dump(
    {"images": images.ravel().tolist(), "codes": codes, "weights": weights, "height": 4, "width": 3, "maps": maps},
    sys.stdout,
    separators=(",", ":"),
)
