"""Rewrites of a graph, each small: Graph in, Graph out."""
