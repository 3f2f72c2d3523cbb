"""What a run tells: on the terminal, in a failing case's paragraph, and in files."""
