"""Messages to many of an assistant's contacts, now or at a time."""
