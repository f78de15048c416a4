"""The networks on this machine: X API v2, OAuth dialogs, a console and a demo shop."""
