"""Answers of a fixed shape: asked for by JSON Schema, read tolerantly, checked, repaired."""
