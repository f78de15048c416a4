"""A small shop on another site, whose pages report to Tombola."""
