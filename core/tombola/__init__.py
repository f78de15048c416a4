"""Tombola: competitions and rewards in which every way to enter is a plugin."""

__version__ = "0.1.0"
