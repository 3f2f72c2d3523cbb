"""The WIT ABIs: components that import `wasi:nn` in one of the versions that `world` lists.

Release candidates do not match each other, so each version is an ABI of its own; they differ only
in what `world` says. A component's call goes through `calls` (C records in, C records out),
`operations` (what the call means) and `resources` (what its handles stand for).
"""
