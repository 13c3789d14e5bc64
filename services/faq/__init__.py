"""Curated questions and answers: kept, found, deleted."""
