"""The suite as plain files, for hosts with a harness of their own."""
