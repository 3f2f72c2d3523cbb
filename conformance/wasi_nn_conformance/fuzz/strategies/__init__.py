"""The kinds of generated conversations, and what each is drawn from."""
