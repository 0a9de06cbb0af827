"""Builds as subprocesses."""
