"""The kinds of drawn conversations, and what each is drawn from."""
