"""Whatever completes a prompt: OpenAI-compatible servers, and the built-in offline model."""
