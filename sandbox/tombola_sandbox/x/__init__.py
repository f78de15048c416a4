"""X API v2 as its documentation and recorded traffic describe it."""
