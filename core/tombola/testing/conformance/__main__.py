"""``python -m tombola.testing.conformance SLUG [pytest options]``."""

import sys

from tombola.testing.conformance.run import run_kit

sys.exit(run_kit(sys.argv[1], sys.argv[2:]))
