"""The parts of which a fake network is built: clock, routes, faults, ledger, call log."""

from tombola.testing.network.calls import Call as Call
from tombola.testing.network.calls import CallLog as CallLog
from tombola.testing.network.clock import Clock as Clock
from tombola.testing.network.clock import TestClock as TestClock
from tombola.testing.network.faults import Fault as Fault
from tombola.testing.network.faults import FaultKind as FaultKind
from tombola.testing.network.faults import Switchboard as Switchboard
from tombola.testing.network.ledger import Ledger as Ledger
from tombola.testing.network.ledger import Line as Line
from tombola.testing.network.network import Handler as Handler
from tombola.testing.network.network import Network as Network
from tombola.testing.network.network import json_response as json_response
from tombola.testing.network.transport import in_process as in_process
