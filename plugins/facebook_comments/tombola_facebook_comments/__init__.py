"""Imports comments under a post at Facebook."""
