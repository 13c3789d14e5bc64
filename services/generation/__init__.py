"""Answers to prompts without a chat: at once, as they come, or in the background."""
