"""Builds as subprocesses: each can be killed, and takes nothing along."""
