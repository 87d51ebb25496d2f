"""Pairs of numbers and whether numpy holds them for close: tolerance.json. numpy 2.4.6; python make-tolerance.py > tolerance.json"""

import json

import numpy as np

rng = np.random.default_rng(7)
expected = np.concatenate([rng.normal(size=40), rng.normal(size=20) * 1e-5, rng.normal(size=20) * 1e4, [0.0, 0.0, 1.0]])
step = np.concatenate([10.0 ** rng.uniform(-8, -1, size=80) * np.sign(rng.normal(size=80)), [1e-5, 1.1e-5, 0.00101]])
found = expected * (1 + step)
found[60:80] = expected[60:80] + step[60:80] * 1e4
found[80:] = expected[80:] + step[80:]
close = np.isclose(found, expected, rtol=1e-3, atol=1e-5)
cases = [[float(e), float(f), bool(c)] for e, f, c in zip(expected, found, close)]
print(json.dumps({"numpy": np.__version__, "cases": cases}, indent=None))
