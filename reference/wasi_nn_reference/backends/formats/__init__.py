"""Formats of models, by what stands in their bytes: never by asking an engine."""
