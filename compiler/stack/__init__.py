"""The most stack a program can use, read off its machine code."""

from .call_graph import stack_bound

__all__ = ["stack_bound"]
