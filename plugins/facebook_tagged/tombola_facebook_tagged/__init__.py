"""Imports public posts that tag a connected Facebook page."""
