"""Finding the passages of an assistant's documents that answer a question."""
