"""Decodes and resizes all pictures of a folder in one process, as a loop over Pillow does: `ingest-pillow.py FOLDER HEIGHT WIDTH`.

Prints one line of JSON: wall-clock and processor seconds of a pass, the first one not counted.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

folder, height, width = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
paths = sorted(folder.rglob("*.jpg"))


def decode(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR))


for path in paths[:10]:
    decode(path)
start, cpu = time.perf_counter(), time.process_time()
total = sum(int(decode(path)[0, 0, 0]) for path in paths)
print(json.dumps({"seconds": time.perf_counter() - start, "cpuSeconds": time.process_time() - cpu, "images": len(paths), "total": total}))
