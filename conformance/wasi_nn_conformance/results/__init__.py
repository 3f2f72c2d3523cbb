"""What cases come to: verdicts, results, choices, known failures."""
