"""Faults in the backends of engines."""
