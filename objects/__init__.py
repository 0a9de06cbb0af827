"""LwM2M objects: paths, values, definitions, and how they look on the wire.

The floor everything stands on. Nothing in here knows a clock, a socket or a
database; see ARCHITECTURE.md for the floors.
"""
