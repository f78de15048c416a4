"""The plugin's tables, step by step."""
