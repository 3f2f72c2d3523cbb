"""Runs guests on wasmtime: everything here that knows this runtime but the bindings of `abi`.

Importing wasmtime takes 60 ms, so `runner` is imported when a guest is about to run. Nothing that
a model needs is imported here at all: a guest's first reply does not wait for an engine.
"""
