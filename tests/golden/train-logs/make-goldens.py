"""Writes the event file that TensorBoard itself makes of two epochs, and what it reads from it: python make-goldens.py

Made with tensorboard 2.21 from PyPI.
"""

import base64
import json
import os
import tempfile

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

epochs = [
    {"epoch": 1, "train": {"loss": 1.25, "accuracy": 0.5}, "validation": {"loss": 1.5, "accuracy": 0.25, "balancedAccuracy": 0.3, "auc": None}, "learningRate": 0.001, "metrics": {"kappa": -0.125}},
    {"epoch": 300, "train": {"loss": 0.1, "accuracy": 0.99}, "validation": {"loss": 0.7, "accuracy": 0.8, "balancedAccuracy": 0.75, "auc": 0.9}, "learningRate": 0.0001, "metrics": {"kappa": 0.6, "größe, \"x\"": 2}},
]
path = os.path.join(tempfile.mkdtemp(), "events.out.tfevents.0.convoy")
with open(path, "wb") as file:
    writer = RecordWriter(file)
    writer.write(Event(wall_time=0, file_version="brain.Event:2").SerializeToString())
    for e in epochs:
        values = [("loss/train", e["train"]["loss"]), ("accuracy/train", e["train"]["accuracy"])]
        values += [(f"{name}/validation", e["validation"][name]) for name in ["loss", "accuracy", "balancedAccuracy", "auc"] if e["validation"][name] is not None]
        values += [("learningRate", e["learningRate"])] + [(f"callbacks/{name}", value) for name, value in e["metrics"].items()]
        for tag, value in values:
            summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
            writer.write(Event(wall_time=e["epoch"], step=e["epoch"], summary=summary).SerializeToString())
    writer.flush()
events = EventAccumulator(os.path.dirname(path)).Reload()
read = {tag: [[scalar.step, scalar.value] for scalar in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
with open(path, "rb") as file:
    json.dump({"epochs": epochs, "file": base64.b64encode(file.read()).decode(), "read": read}, open("goldens.json", "w"))
