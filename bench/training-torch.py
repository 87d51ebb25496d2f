"""PyTorch in the training benchmark on a GPU: images as bytes on the card, channels last, fused Adam. One epoch a line on stdin."""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional

given, compiled = json.loads(sys.argv[-1]), sys.argv[1] == "compiled"
rows, classes, batch_size = given["rows"], given["classes"], given["batchSize"]
height, width, channels = given["height"], given["width"], given["channels"]
outputs = 1 if classes == 2 else classes
card = torch.device("cuda")
torch.manual_seed(1)
x = torch.randint(0, 256, (rows, channels, height, width), dtype=torch.uint8, device=card).to(memory_format=torch.channels_last)
y = torch.arange(rows, device=card) % classes


def layers(given):
    for layer in given:
        if layer == "flatten":
            yield nn.Flatten()
        elif "conv" in layer:
            yield nn.LazyConv2d(layer["conv"], 3, padding=layer["padding"])
            yield nn.ReLU()
        elif "pool" in layer:
            yield nn.MaxPool2d(2)
        elif "dense" in layer:
            yield nn.LazyLinear(layer["dense"])
            yield nn.ReLU()
        else:
            yield nn.Dropout(layer["dropout"])


model = nn.Sequential(*layers(given["layers"]), nn.LazyLinear(outputs)).to(card)
model(x[:1].float())  # lazy layers take their shapes
model.to(memory_format=torch.channels_last)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, fused=True)


def loss_and_correct(images, labels):
    logits = model(images.float() / 255)
    if outputs == 1:
        loss = functional.binary_cross_entropy_with_logits(logits[:, 0], labels.float())
        return loss, ((logits[:, 0] > 0) == (labels == 1)).sum()
    return functional.cross_entropy(logits, labels), (logits.argmax(1) == labels).sum()


step = torch.compile(loss_and_correct) if compiled else loss_and_correct


def epoch():
    order = torch.randperm(rows, device=card)
    loss_sum, correct_sum = torch.zeros((), device=card), torch.zeros((), dtype=torch.int64, device=card)
    for start in range(0, rows, batch_size):
        chosen = order[start : start + batch_size]
        optimizer.zero_grad(set_to_none=True)
        loss, correct = step(x[chosen], y[chosen])
        loss.backward()
        optimizer.step()
        loss_sum += loss.detach() * len(chosen)
        correct_sum += correct
    return loss_sum.item() / rows, correct_sum.item() / rows


for line in sys.stdin:
    start, cpu = time.perf_counter(), time.process_time()
    epoch()
    cost = {"seconds": time.perf_counter() - start, "cpuSeconds": time.process_time() - cpu, "residentBytes": 0}
    print(json.dumps(cost), flush=True)
