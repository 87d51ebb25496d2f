"""What Keras computes for the first steps of small networks: losses, gradients, every optimizer.

Run in an environment with tensorflow-cpu 2.21 and keras 3:
    python tests/golden/train/make-goldens.py > tests/golden/train/keras-steps.json
"""

import json
import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from keras import layers, regularizers

random = np.random.default_rng(5)
rows, height, width = 12, 6, 6
pixels = random.integers(0, 256, (rows, height, width, 1), dtype=np.uint8)
labels = np.arange(rows) % 3
x = pixels.astype("float32") / np.float32(255)


def softmax_head():
    return layers.Dense(3, activation="softmax", name="head"), "sparse_categorical_crossentropy", labels


def sigmoid_head():
    return layers.Dense(1, activation="sigmoid", name="head"), "binary_crossentropy", (labels == 1).astype("float32")[:, None]


def build(body, head):
    output, loss, targets = head()
    model = keras.Sequential([layers.Input((height, width, 1)), *body(), output])
    weights = [
        np.ones(w.shape, "float32") if "variance" in w.name or "gamma" in w.name
        else np.zeros(w.shape, "float32") if "moving" in w.name or "beta" in w.name
        else random.normal(0, 0.4, w.shape).astype("float32")
        for w in model.weights
    ]
    model.set_weights(weights)
    return model, loss, targets


def plain():
    return [layers.Conv2D(3, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(4, activation="tanh")]


def normalized():
    return [layers.Conv2D(3, 3, use_bias=False), layers.BatchNormalization(), layers.Activation("relu"), layers.AveragePooling2D(2), layers.Flatten()]


def regularized():
    l2 = regularizers.L2(0.01)
    return [layers.Conv2D(3, 3, activation="elu", kernel_regularizer=l2), layers.Flatten(), layers.Dense(4, activation="selu", kernel_regularizer=l2)]


def steps(name, body, head, optimizer, count, class_weight=None):
    """Runs `count` steps over the whole set and lists Keras' losses and all weights before and after."""
    model, loss, targets = build(body, head)
    model.compile(optimizer, loss, metrics=["accuracy"])
    before = [w.flatten().tolist() for w in model.get_weights()]
    shapes = [list(w.shape) for w in model.get_weights()]
    logs = []
    for _ in range(count):
        model.reset_metrics()
        logs.append(model.train_on_batch(x, targets, class_weight=class_weight, return_dict=True))
    losses = [float(log["loss"]) for log in logs]
    model_probabilities = model.predict(x, verbose=0, batch_size=rows)
    return {
        "name": name,
        "shapes": shapes,
        "before": before,
        "after": [w.flatten().tolist() for w in model.get_weights()],
        "losses": losses,
        "probabilities": model_probabilities.flatten().tolist(),
    }


def gradients(name, body, head, class_weight=None):
    """One backward pass."""
    model, loss, targets = build(body, head)
    sample_weight = None if class_weight is None else np.array([class_weight[int(l)] for l in labels], "float32")
    with tf.GradientTape() as tape:
        predicted = model(x, training=True)
        value = keras.losses.get(loss)(tf.constant(targets), predicted)
        if sample_weight is not None:
            value = value * sample_weight
        value = tf.reduce_mean(value) + sum(model.losses)
    computed = tape.gradient(value, model.trainable_variables)
    return {
        "name": name,
        "shapes": [list(w.shape) for w in model.get_weights()],
        "before": [w.flatten().tolist() for w in model.get_weights()],
        "trainable": [w.trainable for w in model.weights],
        "loss": float(value),
        "gradients": [np.asarray(g).flatten().tolist() for g in computed],
    }


o = keras.optimizers
optimizers = {
    "sgd": o.SGD(0.01),
    "momentum": o.SGD(0.01, momentum=0.9),
    "rmsprop": o.RMSprop(0.001),
    "adam": o.Adam(0.001),
    "adamw": o.AdamW(0.001),
    "adagrad": o.Adagrad(0.001),
    "adadelta": o.Adadelta(0.001),
}
weighted = {0: 0.5, 1: 2.0, 2: 1.0}
print(
    json.dumps(
        {
            "pixels": pixels.flatten().tolist(),
            "labels": labels.tolist(),
            "gradients": [
                gradients("softmax", plain, softmax_head),
                gradients("sigmoid", plain, sigmoid_head),
                gradients("batchNorm", normalized, softmax_head),
                gradients("l2", regularized, softmax_head),
            ],
            "optimizers": [steps(name, plain, softmax_head, optimizer, 5) for name, optimizer in optimizers.items()],
            "clipped": steps("clipped", plain, softmax_head, o.SGD(0.5, global_clipnorm=0.1), 3),
            "movingAverages": steps("movingAverages", normalized, softmax_head, o.Adam(0.01), 5),
        }
    )
)
