"""Artifacts, models, images and keys, kept on the file system."""
