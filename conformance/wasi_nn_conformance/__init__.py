"""Conformance suite for wasi-nn: checks any host from outside, through probe guests that run inside it."""

from importlib.metadata import version

__version__ = version("wasi-nn-conformance")
