"""Cards of a fixed shape, their templates and their pictures."""
