"""Writes goldens.json: columns and what numpy, scipy, pandas and scikit-learn say of them.

    python -m venv venv && venv/bin/pip install numpy scipy pandas scikit-learn && venv/bin/python make-goldens.py
"""
import json
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn.feature_selection import f_classif

rng = np.random.default_rng(4)
count = 120
x = np.round(rng.normal(10, 3, count), 1)
y = np.round(0.6 * x + rng.normal(0, 2, count), 1)
word = rng.choice(["a", "b", "c"], count, p=[0.5, 0.3, 0.2])
other = np.where(rng.random(count) < 0.6, word, rng.choice(["a", "b", "c", "d"], count))
x = x + (word == "b") * 2.5


def cramers_v(table):
    """Bergsma 2013, from scipy's chi-square."""
    chi2 = stats.chi2_contingency(table, correction=False).statistic
    n, (r, k) = table.sum(), table.shape
    phi2 = max(0.0, chi2 / n - (r - 1) * (k - 1) / (n - 1))
    return float(np.sqrt(phi2 / min(k - (k - 1) ** 2 / (n - 1) - 1, r - (r - 1) ** 2 / (n - 1) - 1)))


f, _ = f_classif(x[:, None], word)
groups, rest = len(set(word)) - 1, count - len(set(word))
table = pd.crosstab(word, other)
series = pd.Series(x)
counts, edges = np.histogram(x, bins=12)
goldens = {
    "madeBy": f"numpy {np.__version__}, scipy {scipy.__version__}, pandas {pd.__version__}",
    "x": x.tolist(), "y": y.tolist(), "word": word.tolist(), "other": other.tolist(),
    "expected": {
        "describe": {k: float(v) for k, v in series.describe().items()},
        "histogram": {"counts": counts.tolist(), "edges": edges.tolist()},
        "pearson": float(series.corr(pd.Series(y))),
        "spearman": float(series.corr(pd.Series(y), method="spearman")),
        "ranks": series.rank().tolist(),
        "cramersV": cramers_v(table.to_numpy()),
        "etaSquared": float(f[0] * groups / (f[0] * groups + rest)),
        "kolmogorovSmirnov": float(stats.ks_2samp(x[:50], y[:70]).statistic),
        "jensenShannon": float(jensenshannon(table.loc["a"], table.loc["b"], base=2)),
        "entropyBits": float(stats.entropy(pd.Series(word).value_counts(), base=2)),
        "quantiles": np.quantile(x, [0, 0.025, 0.37, 1]).tolist(),
        "hilbertEigenvalues": np.linalg.eigvalsh(1 / (np.add.outer(np.arange(6), np.arange(6)) + 1)).tolist(),
    },
}
Path(__file__).with_name("goldens.json").write_text(json.dumps(goldens) + "\n")
