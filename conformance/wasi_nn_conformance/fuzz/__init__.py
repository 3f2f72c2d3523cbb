"""Generated conversations: Hypothesis makes vectors, which go the way of all vectors, and shrinks those that fail.

A kind of fuzzing is one module that draws: `shapes`, `errors`, `sequences`, `counts`; `octets` for the kind `bytes`.
`search` looks for findings of one kind on one ABI and encoding, `finding` is what a failure becomes.
"""
