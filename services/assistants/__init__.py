"""Assistants and their keys."""
