"""The command `tinymlaas`: one file per group of commands."""

from .main import app, main

__all__ = ["app", "main"]
