"""The adapters that come with the suite, one TOML file each, and what some of them need of Python."""
