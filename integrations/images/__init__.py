"""What draws the pictures of cards."""
