"""Keras takes its backend from here when it is first imported."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")
