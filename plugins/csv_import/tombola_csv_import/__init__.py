"""Imports entries from a CSV file."""
