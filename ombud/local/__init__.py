"""Private servers of one machine, started by `ombud run`, the tests and the benchmarks; never the machine's own."""
