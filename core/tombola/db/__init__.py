"""Engine, types and sets: what every room needs to keep its rows."""

from tombola.db.engine import Database as Database
from tombola.db.uid import new_uid as new_uid
