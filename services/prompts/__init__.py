"""What a model is told, and what of its answer may pass."""
