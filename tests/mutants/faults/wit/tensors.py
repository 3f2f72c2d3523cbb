"""Faults in the tensor resource."""

from __future__ import annotations
