"""Completing prompts, whoever serves the model."""
