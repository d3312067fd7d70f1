"""Files to files: a pipeline with an archive at both ends."""
