"""Writes small Keras networks and what they answer, for tests/trainer/transfer: python make-goldens.py

Made with keras 3 (any backend) and h5py. Weights are random; batch normalization has moving averages of its own.
"""

import json
import sys

import keras
import numpy as np

keras.utils.set_random_seed(7)
layers = keras.layers
image = keras.Input((12, 12, 3))
x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="stem")(image)
x = layers.BatchNormalization()(x)
x = layers.Activation("relu")(x)
shortcut = x
x = layers.DepthwiseConv2D(3, padding="same", activation="relu")(x)
x = layers.Conv2D(4, 1)(x)
x = layers.BatchNormalization(epsilon=1e-5)(x)
x = layers.Add()([x, shortcut])
x = layers.ReLU()(x)
x = layers.MaxPooling2D(2)(x)
x = layers.SeparableConv2D(6, 3, padding="same", activation="relu")(x)
x = layers.ZeroPadding2D(1)(x)
x = layers.AveragePooling2D(2)(x)
features = layers.Concatenate()([x, layers.Conv2D(2, 1, strides=2, padding="same", activation="elu")(layers.ZeroPadding2D(1)(layers.MaxPooling2D(2)(shortcut)))])
x = layers.GlobalAveragePooling2D()(features)
x = layers.Dropout(0.3)(x)
x = layers.Dense(5, activation="softmax")(x)
model = keras.Model(image, x)
for layer in model.layers:
    if isinstance(layer, layers.BatchNormalization):
        shape = layer.moving_mean.shape
        layer.set_weights([np.random.uniform(0.5, 1.5, shape), np.random.normal(0, 0.2, shape), np.random.normal(0, 0.3, shape), np.random.uniform(0.5, 2, shape)])
model.save("small.keras")
model.save("small.h5")
pictures = np.random.randint(0, 256, (8, 12, 12, 3)).astype("uint8")
pooled = keras.Model(image, model.layers[-3].output)
answers = pooled.predict(pictures.astype("float32") / 255, verbose=0)


def trained(unfreeze):
    """Weights after three steps of SGD on all pictures, by name; the base answers as in inference."""
    base = keras.models.clone_model(pooled)
    base.set_weights(pooled.get_weights())
    for layer in base.layers:
        layer.trainable = unfreeze and not isinstance(layer, layers.BatchNormalization)
    start = keras.Input((12, 12, 3))
    network = keras.Model(start, layers.Dense(2, name="head")(base(start, training=False)))
    head = network.get_layer("head")
    head.set_weights([np.linspace(-1, 1, 16).reshape(8, 2), np.zeros(2)])
    network.compile(keras.optimizers.SGD(0.05), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    labels = np.arange(8) % 2
    losses = [float(network.train_on_batch(pictures.astype("float32") / 255, labels)) for _ in range(3)]
    values = {f"{layer.name}/{i}": w.ravel().astype(float).tolist() for layer in base.layers for i, w in enumerate(layer.get_weights())}
    return {"losses": losses, "base": values, "head": head.get_weights()[0].ravel().astype(float).tolist()}


json.dump({"frozen": trained(False), "unfrozen": trained(True), "keras": keras.__version__, "pictures": pictures.ravel().tolist(), "pooled": answers.astype(float).ravel().tolist(), "layer": model.layers[-3].name, "parameters": int(pooled.count_params())}, open("goldens.json", "w"))
print(model.summary(), file=sys.stderr)
