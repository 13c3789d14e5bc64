"""What puts passages into a better order."""
