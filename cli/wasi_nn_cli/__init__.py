"""The program `wasi-nn`: the way to the suite's subcommands and to the reference's, and owned by neither."""
