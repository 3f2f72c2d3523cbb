"""The subcommands of `wasi-nn` that belong to the suite; each module has `main(arguments) -> exit status`."""
