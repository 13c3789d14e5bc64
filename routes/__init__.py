"""The HTTP door: a blueprint per resource; a handler guards, loads, makes one service call, presents."""
