"""The suite's models: what they compute, in every encoding and by numpy. No engine is imported here."""

from .catalogue import ModelFiles, load_models
from .element_type import ElementType
from .emission import builders_of
from .encodings import ENCODINGS
from .expression import TensorType
from .model import Model, ModelError, Port
from .oracle import evaluate

__all__ = [
    "ENCODINGS",
    "ElementType",
    "Model",
    "ModelError",
    "ModelFiles",
    "Port",
    "TensorType",
    "builders_of",
    "evaluate",
    "load_models",
]
