"""Helpers for plugins, and for the core where it does the same work."""
