"""The schedules of the chapter on rates that change, as they are typed.

Path:   expressions -> `experiments.py` trains them, `charts_of_trouble.py` draws them.
"""

__all__ = ["LINEAR", "SHAPES"]

LINEAR = "constant(1) >> linear(1, 0, 0.6)"
SHAPES = {
    "constant": "constant(1)",
    "warm-up": "warmup(0.1) >> constant(1)",
    "step": "multistep([0.333, 0.667, 0.889], 0.1)",
    "exponential": "geometric(1, 0.01)",
    "cosine": "cosine(1, 0)",
    "linear": LINEAR,
    "warm-up, linear": "warmup(0.1) >> linear(1, 0)",
    "cyclical": "triangular(0.25)",
    "one-cycle": "onecycle()",
}
