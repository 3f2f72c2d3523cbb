"""The subcommands of `wasi-nn` that belong to the reference: each module has `parser()` and `main(arguments)`."""
