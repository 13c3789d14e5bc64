"""The NPC gateway: personas that every holder of a token may talk to."""
