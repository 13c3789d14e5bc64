"""Marshmallow schemas, one file a resource: they validate, present and describe."""
