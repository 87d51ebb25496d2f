"""Golden values for tests/ml/sweep: python make-goldens.py > goldens.json (optuna 5.0.0, scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6)."""
import json
import warnings

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import FanovaImportanceEvaluator
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import default_gamma, default_weights
from scipy.stats import norm, qmc
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern

warnings.filterwarnings("ignore")
unstable_argsort = np.argsort
np.argsort = lambda values, *rest, **options: unstable_argsort(values, *rest, **{"kind": "stable", **options})  # equals stay in order of age
optuna.logging.set_verbosity(optuna.logging.ERROR)
rng = np.random.RandomState(1)

sobol = qmc.Sobol(d=40, scramble=False, bits=30).random(64).tolist()

cases = {
    "float": ({"float": [-2, 3]}, FloatDistribution(-2, 3), lambda n: rng.uniform(-2, 3, n)),
    "logFloat": ({"float": [1e-5, 0.1], "log": True}, FloatDistribution(1e-5, 0.1, log=True), lambda n: np.exp(rng.uniform(np.log(1e-5), np.log(0.1), n))),
    "int": ({"int": [1, 12]}, IntDistribution(1, 12), lambda n: rng.randint(1, 13, n)),
    "steps": ({"float": [0, 1], "step": 0.25}, FloatDistribution(0, 1, step=0.25), lambda n: rng.randint(0, 5, n) * 0.25),
    "logInt": ({"int": [1, 200], "log": True}, IntDistribution(1, 200, log=True), lambda n: np.round(np.exp(rng.uniform(0, np.log(200), n)))),
    "choice": (["a", "b", "c"], CategoricalDistribution(["a", "b", "c"]), lambda n: rng.randint(0, 3, n)),
}
parameters = _ParzenEstimatorParameters(1.0, True, False, default_weights, False)
parzen = []
for name, (dimension, distribution, draw) in cases.items():
    for n in [0, 1, 2, 7, 40]:
        observed, asked = np.asarray(draw(n), dtype=float), np.asarray(draw(9), dtype=float)
        estimator = _ParzenEstimator({"x": observed}, {"x": distribution}, parameters)
        parzen.append({"name": name, "dimension": dimension, "observed": observed.tolist(), "asked": asked.tolist(),
                       "logDensity": estimator.log_pdf({"x": asked}).tolist()})

x = rng.uniform(size=(12, 2))
y = np.sin(4 * x[:, 0]) + 0.3 * x[:, 1]
at = rng.uniform(size=(6, 2))
process = GaussianProcessRegressor(kernel=Matern(length_scale=[0.5, 1.5], nu=2.5), alpha=1e-4, optimizer=None, normalize_y=True).fit(x, y)
mean, deviation = process.predict(at, return_std=True)
best = GaussianProcessRegressor(kernel=Matern(length_scale=[1.0, 1.0], nu=2.5, length_scale_bounds=(0.05, 12.8)), alpha=1e-4,
                                normalize_y=True, n_restarts_optimizer=20, random_state=0).fit(x, y)
z = (y.min() - mean) / deviation
gaussian = {"x": x.tolist(), "y": y.tolist(), "at": at.tolist(), "mean": mean.tolist(), "deviation": deviation.tolist(),
            "logLikelihood": process.log_marginal_likelihood_value_, "bestLogLikelihood": best.log_marginal_likelihood_value_,
            "expectedImprovement": ((y.min() - mean) * norm.cdf(z) + deviation * norm.pdf(z)).tolist()}

points = np.concatenate([-np.logspace(-3, 1.4, 23)[::-1], [0], np.logspace(-3, 1.4, 23)])
normal = {"x": points.tolist(), "cdf": norm.cdf(points).tolist(), "logTail": norm.logsf(points).tolist()}


def objective(values):
    a, b, c, kind = values["a"], values["b"], values["c"], values["kind"]
    return 3 * (a - 0.3) ** 2 + 0.5 * b + 0.05 * np.log10(c) + (0.8 if kind == "y" else 0) * a


study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=3))
study.optimize(lambda trial: objective({
    "a": trial.suggest_float("a", 0, 1), "b": trial.suggest_int("b", 1, 5) / 5, "c": trial.suggest_float("c", 1e-4, 1, log=True),
    "kind": trial.suggest_categorical("kind", ["x", "y", "z"])}), n_trials=80)
importances = [FanovaImportanceEvaluator(seed=seed, n_trees=64).evaluate(study) for seed in range(10)]
names = ["a", "b", "c", "kind"]
fanova = {"trials": [{"parameters": trial.params, "value": trial.value} for trial in study.trials],
          "importance": {name: float(np.mean([one[name] for one in importances])) for name in names},
          "spread": {name: float(np.std([one[name] for one in importances])) for name in names}}

print(json.dumps({"sobol": sobol, "gamma": [default_gamma(n) for n in range(0, 400, 7)], "weights": [default_weights(n).tolist() for n in [1, 24, 25, 26, 40]],
                  "parzen": parzen, "gaussian": gaussian, "normal": normal, "fanova": fanova}))
