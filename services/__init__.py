"""Use cases: no Flask, no pymongo, no provider package."""
