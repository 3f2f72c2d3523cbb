"""The faults, by the module of the reference that has them."""
