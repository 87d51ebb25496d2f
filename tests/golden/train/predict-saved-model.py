"""Loads a SavedModel as a serving system would and prints the probabilities of some images.

    python predict-saved-model.py FOLDER < images.json     (a nested list, [rows, height, width, channels])
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

signature = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
images = tf.constant(json.load(sys.stdin), tf.float32)
print(json.dumps(signature(images=images)["probabilities"].numpy().tolist()))
