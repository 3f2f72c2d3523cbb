"""The encodings of models: one module writes the files of each."""
