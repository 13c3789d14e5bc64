"""Counting requests, in memory or in Redis."""
