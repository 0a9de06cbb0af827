"""The compile-time half of each operator; its kernel of the same name is in `kernels`."""
