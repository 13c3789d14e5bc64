"""Limits and budgets: requests a minute, tokens and money, for assistants and their end users."""
