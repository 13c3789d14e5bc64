"""MongoDB: the only home of pymongo, one file a collection."""
