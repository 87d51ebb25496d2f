"""What Keras computes for the first steps of small networks: losses, gradients, every optimizer.

Run in an environment with tensorflow-cpu 2.21 and keras 3:
    python tests/golden/train/make-goldens.py > tests/golden/train/keras-steps.json

Options of optimizers and losses are recorded in convoy's own names, so that each case says how it is written in a pipeline file.
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


def lasso():
    both = regularizers.L1L2(0.02, 0.01)
    return [layers.Conv2D(3, 3, activation="elu", kernel_regularizer=regularizers.L1(0.02)), layers.Flatten(), layers.Dense(4, activation="selu", kernel_regularizer=both)]


def summed():
    return [layers.Conv2D(2, 3, activation="relu"), layers.AveragePooling2D(2), layers.Rescaling(4.0), layers.Flatten()]


kinds = {
    "depthwise": lambda: [layers.DepthwiseConv2D(3, depth_multiplier=2, strides=2, padding="same", activation="relu"), layers.Flatten()],
    "separable": lambda: [layers.SeparableConv2D(4, 3, padding="same", activation="elu"), layers.Flatten()],
    "transposed": lambda: [layers.Conv2D(2, 3, strides=2, padding="same"), layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="tanh"), layers.Flatten()],
    "upsample": lambda: [layers.UpSampling2D(2), layers.Conv2D(2, 3, strides=2, padding="same", activation="relu"), layers.Reshape((36, 2)), layers.Flatten()],
    "sum": summed,
}


def steps(name, body, head, optimizer, count, class_weight=None, options=None):
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
        "options": options,
        "shapes": shapes,
        "before": before,
        "after": [w.flatten().tolist() for w in model.get_weights()],
        "losses": losses,
        "probabilities": model_probabilities.flatten().tolist(),
    }


def gradients(name, body, head, loss=None, options=None):
    """One backward pass."""
    model, own_loss, targets = build(body, head)
    if loss is not None:
        targets = keras.ops.one_hot(targets, 3) if head is softmax_head else targets
    loss = loss or own_loss
    with tf.GradientTape() as tape:
        predicted = model(x, training=True)
        value = keras.losses.get(loss)(tf.convert_to_tensor(targets), predicted)
        value = tf.reduce_mean(value) + sum(model.losses)
    computed = tape.gradient(value, model.trainable_variables)
    return {
        "name": name,
        "loss_options": options,
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
variants = [
    ("sgd", {"momentum": 0.8}, o.SGD(0.01, momentum=0.8)),
    ("momentum", {"nesterov": True}, o.SGD(0.01, momentum=0.9, nesterov=True)),
    ("sgd", {"weightDecay": 0.1}, o.SGD(0.01, weight_decay=0.1)),
    ("rmsprop", {"rho": 0.8, "momentum": 0.5, "epsilon": 1e-3}, o.RMSprop(0.001, rho=0.8, momentum=0.5, epsilon=1e-3)),
    ("rmsprop", {"centered": True}, o.RMSprop(0.001, centered=True)),
    ("adam", {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-4}, o.Adam(0.001, beta_1=0.8, beta_2=0.99, epsilon=1e-4)),
    ("adam", {"amsgrad": True}, o.Adam(0.001, amsgrad=True)),
    ("adamw", {"weightDecay": 0.2}, o.AdamW(0.001, weight_decay=0.2)),
    ("adagrad", {"initialAccumulator": 0.3}, o.Adagrad(0.001, initial_accumulator_value=0.3)),
    ("adadelta", {"rho": 0.9}, o.Adadelta(0.001, rho=0.9)),
    ("sgd", {"clipVariableNorm": 0.05}, o.SGD(0.01, clipnorm=0.05)),
    ("sgd", {"clipValue": 0.02}, o.SGD(0.01, clipvalue=0.02)),
]
l = keras.losses
losses = [
    ("softmax", {"labelSmoothing": 0.2}, softmax_head, l.CategoricalCrossentropy(label_smoothing=0.2)),
    ("softmax", {"name": "focal"}, softmax_head, l.CategoricalFocalCrossentropy()),
    ("softmax", {"name": "focal", "gamma": 1.5, "alpha": 0.6, "labelSmoothing": 0.1}, softmax_head, l.CategoricalFocalCrossentropy(alpha=0.6, gamma=1.5, label_smoothing=0.1)),
    ("sigmoid", {"labelSmoothing": 0.2}, sigmoid_head, l.BinaryCrossentropy(label_smoothing=0.2)),
    ("sigmoid", {"name": "focal"}, sigmoid_head, l.BinaryFocalCrossentropy()),
    ("sigmoid", {"name": "focal", "alpha": 0.25, "gamma": 3.0}, sigmoid_head, l.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.25, gamma=3.0)),
]


class Fixed:
    """Stands in for a model whose optimizer Keras' callback changes."""

    def __init__(self, rate):
        self.optimizer = keras.optimizers.SGD(rate)


def schedules():
    """Rates of 60 steps, 5 an epoch."""
    s = keras.optimizers.schedules
    at = lambda schedule: [float(schedule(step)) for step in range(60)]
    return [
        {"schedule": {"name": "step", "factor": 0.5, "epochs": 3}, "rates": at(s.ExponentialDecay(0.1, 15, 0.5, staircase=True))},
        {"schedule": {"name": "exponential", "factor": 0.9, "epochs": 2}, "rates": at(s.ExponentialDecay(0.1, 10, 0.9))},
        {"schedule": {"name": "cosine"}, "rates": at(s.CosineDecay(0.1, 60))},
        {"schedule": {"name": "cosine", "final": 0.1, "epochs": 6, "warmupEpochs": 2}, "rates": at(s.CosineDecay(0.0, 30, alpha=0.1, warmup_target=0.1, warmup_steps=10))},
    ]


def plateaus():
    losses = [1.0, 0.8, 0.8, 0.79995, 0.9, 0.7, 0.71, 0.72, 0.73, 0.74, 0.75, 0.76, 0.6, 0.61, 0.62]
    result = []
    for options, given in [
        ({"patience": 2, "factor": 0.5}, {"patience": 2, "factor": 0.5}),
        ({"patience": 1, "factor": 0.5, "cooldown": 2, "minimum": 0.02}, {"patience": 1, "factor": 0.5, "cooldown": 2, "min_lr": 0.02}),
        ({"patience": 3, "minDelta": 0.15}, {"patience": 3, "min_delta": 0.15}),
    ]:
        callback = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", **given)
        model = Fixed(0.1)
        callback.set_model(model)
        callback.on_train_begin()
        rates = []
        for epoch, loss in enumerate(losses):
            callback.on_epoch_end(epoch, {"val_loss": loss})
            rates.append(float(np.asarray(model.optimizer.learning_rate)))
        result.append({"schedule": {"name": "plateau", **options}, "losses": losses, "rates": rates})
    return result


weighted = {0: 0.5, 1: 2.0}  # the third class counts 1
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
                gradients("l1", lasso, softmax_head),
                *[gradients(name, plain, head, loss=loss, options=options) for name, options, head, loss in losses],
            ],
            "variants": [steps(name, plain, softmax_head, optimizer, 5, options=options) for name, options, optimizer in variants],
            "schedules": schedules(),
            "plateaus": plateaus(),
            "optimizers": [steps(name, plain, softmax_head, optimizer, 5) for name, optimizer in optimizers.items()],
            "clipped": steps("clipped", plain, softmax_head, o.SGD(0.5, global_clipnorm=0.1), 3),
            "movingAverages": steps("movingAverages", normalized, softmax_head, o.Adam(0.01), 5),
            "layers": [gradients(name, body, softmax_head) for name, body in kinds.items()],
            "weighted": steps("weighted", plain, softmax_head, o.SGD(0.1), 3, class_weight=weighted),
        }
    )
)
