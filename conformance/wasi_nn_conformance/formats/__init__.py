"""Reading what people write: YAML and TOML with lines, JSON Schemas, matrices."""
