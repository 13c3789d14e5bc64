"""Quizzes from texts and documents: made, kept, marked."""
