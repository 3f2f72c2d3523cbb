"""The subcommands of `wasi-nn` that belong to the suite: each module has `parser()` and `main(arguments)`."""
