"""The suite as a pytest plugin: options, items, reporting."""
