"""Simulated LwM2M devices whose cores run the real machine code."""
