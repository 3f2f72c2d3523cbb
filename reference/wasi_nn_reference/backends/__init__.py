"""Engines, and what the host asks of them: `backend` is the border, `registry` says which engine loads what."""
