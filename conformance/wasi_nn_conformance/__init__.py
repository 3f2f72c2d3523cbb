"""Conformance suite for wasi-nn: checks any host from outside, through probe guests that run inside it."""
