"""Accounts, sign-ins and personal API tokens."""
