"""Documents on their way from an upload into answers."""
