"""What a conversation with a host has set up, and what its answers come to."""
