"""The console: post, break, watch."""
