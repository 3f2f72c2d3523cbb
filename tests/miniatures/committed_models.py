"""The models of `models.yaml` for miniatures, which read them once for all that are forked of one process."""

from collections.abc import Mapping
from functools import cache

from wasi_nn_conformance.formats.document import read_yaml
from wasi_nn_conformance.models import Model, load_models
from wasi_nn_conformance.paths import VECTORS


@cache
def committed_models() -> Mapping[str, Model]:
    """Return the models by their names."""
    return load_models(read_yaml(VECTORS / "models.yaml").data)
