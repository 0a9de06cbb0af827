"""Async use-cases on ports: load, pure step, save, carry out effects."""

from .services import Services

__all__ = ["Services"]
