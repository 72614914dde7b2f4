"""One hop of the bare chain as a process: `python -m benchmarks.bare first`."""

from shared import runner  # isort: skip  (first: it patches)

import sys
from pathlib import Path

from benchmarks.bare.hops import HOPS, settings_of

service, hop = HOPS[sys.argv[1]]
runner.main(hop, lambda: settings_of(service), lambda _: {}, Path(__file__).parent / "migrations")
