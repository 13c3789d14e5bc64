"""The records server that runs when no other is named."""
