"""Async use-cases on ports: load, pure step, save, carry out effects."""
