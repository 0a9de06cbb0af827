"""The status API over HTTP."""
