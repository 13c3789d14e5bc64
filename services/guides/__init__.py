"""Guides: texts with variables, that a model follows or that are sent."""
