"""`python -m wasi_nn_conformance.models [--check]`: make the committed model files anew, or compare them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from wasi_nn_conformance.formats.document import InputError, read_yaml
from wasi_nn_conformance.formats.schema import schema
from wasi_nn_conformance.paths import VECTORS

from .catalogue import load_models
from .emission import differences, emit_all, write
from .model import Model, ModelError


def main(arguments: list[str] | None = None) -> int:
    """Return the exit status: 0, 1 if `--check` found differences, 2 if the definitions cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m wasi_nn_conformance.models", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs")
    parser.add_argument("--vectors", type=Path, default=VECTORS, help="folder with models.yaml and models/")
    options = parser.parse_args(arguments)
    try:
        files = emit_all(_read(options.vectors / "models.yaml"))
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{error.name} is not installed; pip install 'wasi-nn-conformance[fuzz]'\n")
        return 2
    folder = options.vectors / "models"
    lines = differences(folder, files) if options.check else write(folder, files)
    summary = f"{len(files)} files, {len(lines)} {'differ' if options.check else 'changed'}"
    sys.stdout.write("".join(f"{line}\n" for line in [*lines, summary]))
    return 1 if options.check and lines else 0


def _read(path: Path) -> list[Model]:
    document = read_yaml(path)
    document.check(schema("models"))
    try:
        return list(load_models(document.data).values())
    except ModelError as error:
        raise document.error(() if error.index is None else (error.index,), str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
