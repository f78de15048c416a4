"""Fixtures for the tests of Tombola and of its plugins."""
