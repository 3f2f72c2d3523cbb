"""Reference host for wasi-nn: runs guests that use it, faithfully and safely."""
