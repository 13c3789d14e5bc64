"""Operator commands, a file a subject; ``cli.py`` names them all."""
