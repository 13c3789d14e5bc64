"""Questions that the documents did not answer: kept, put together, dismissed."""
