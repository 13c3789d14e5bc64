"""What model calls came to: the request log, and usage by day."""
