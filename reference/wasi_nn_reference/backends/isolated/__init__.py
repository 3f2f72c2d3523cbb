"""Engines in processes of their own, behind the same border as engines in this one.

On the host's side: `template_process` and `launcher` start them, `engine_process` talks to one, `backend` looks like
any backend. On the other side, where no model can do harm: `template` has the engines imported and forks a `worker` for
each, which gives up all it can (`sandbox`) before it sees a model. Both sides speak `messages` over a `channel`, and
have tensors and models in a `segment` of shared memory.
"""
