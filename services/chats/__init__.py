"""Turns: what a contact wrote and its answer; people reading, taking over and replying."""
