"""Running cases on a host: adapter, processes, library, verdicts."""
