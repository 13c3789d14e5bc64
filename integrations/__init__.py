"""Everything foreign but MongoDB, one folder a seam: a small Protocol and its siblings."""
