"""One hop of the stock nameko chain as a process: `python -m benchmarks.stock first upstream`."""

import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()  # as nameko's own command line does

import os  # noqa: E402
import sys  # noqa: E402

from nameko.containers import ServiceContainer  # noqa: E402

from benchmarks.stock.hop import service  # noqa: E402

container = ServiceContainer(service(*sys.argv[1:3]), {"AMQP_URI": os.environ["OMBUD_AMQP_URI"]})
container.start()
container.wait()
