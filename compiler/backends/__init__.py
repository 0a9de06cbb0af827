"""Engines that turn C into machine code, behind one port."""
