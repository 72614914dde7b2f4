"""What is under every service: its ticks, its database and outbox, its process. Called by service.py."""

from deploy.grafana.board import Row
from deploy.grafana.pieces import BYTES, EACH_SECOND, NUMBER, SECONDS, SHARE, Limits, Query, Says, lines
from deploy.grafana.queries import HOUR, grown, most, per_second, quantile


def clockwork(only: str) -> Row:
    failed = only.replace("}", ', outcome="failed"}')
    ran = Says(
        "Since a tick last ended well",
        "Each turns every 30 s or more often, `sweep` every ten minutes. Grows without end: it hangs, or always fails.",
        SECONDS,
        alerts=["OmbudTickStands"],
    )
    fails = Says("Turns that failed, each hour", "`tick_failed` in its log says why.", alerts=["OmbudTickFails"])
    time = Says(
        "Time of a turn, 95 of 100", "Above 1 s: too much to do in one, or a slow database.", SECONDS, Limits(red=1)
    )
    last = f"time() - max by (tick) (ombud_tick_last_run_timestamp_seconds{only} > 0)"
    return Row(
        "Its clockwork",
        [
            lines(ran, Query(last, "{{tick}}")),
            lines(fails, Query(grown(f"ombud_tick_runs_total{failed}", ["tick"], HOUR), "{{tick}}")),
            lines(time, Query(quantile(0.95, "ombud_tick_duration_seconds", ["tick"], where=only), "{{tick}}")),
        ],
    )


def database(only: str) -> Row:
    used = Says(
        "Connections",
        "In use at the size for minutes: transactions wait. More replicas, or a faster database.",
        alerts=["OmbudDatabasePoolExhausted"],
    )
    wait = Says(
        "Wait for a connection, 95 of 100",
        "Above 0.1 s: too much at once, or a slow database.",
        SECONDS,
        Limits(red=0.1),
        ["OmbudDatabasePoolExhausted"],
    )
    read = Says(
        "Database last read, ago",
        "For the figures of outbox, retries, letters. Grows: the database is away, and those figures are old.",
        SECONDS,
        Limits(red=120),
        ["OmbudDatabaseAway"],
    )
    outbox = Says(
        "Events in the outbox", "Grows: the broker is away, slow, or takes nothing.", alerts=["OmbudOutboxOld"]
    )
    told = Says(
        "Events told to the broker",
        "Returned: a queue is missing or full. They are tried again, and nothing is lost.",
        EACH_SECOND,
        alerts=["OmbudEventsReturned"],
    )
    publish = Says("Time to publish a batch, 95 of 100", "Above 0.5 s the broker is slow.", SECONDS, Limits(red=0.5))
    return Row(
        "Its database, and what it tells",
        [
            lines(
                used,
                Query(f"sum(ombud_database_pool_checked_out{only})", "in use"),
                Query(f"sum(ombud_database_pool_open{only})", "open"),
                Query(f"sum(ombud_database_pool_size{only})", "size"),
            ),
            lines(wait, Query(quantile(0.95, "ombud_database_pool_wait_seconds", where=only), "95 of 100")),
            lines(
                read, Query(f"time() - max by (instance) (ombud_backlog_read_timestamp_seconds{only})", "{{instance}}")
            ),
            lines(outbox, Query(most(f"ombud_outbox_waiting{only}"), "waiting")),
            lines(
                told,
                Query(per_second(f"ombud_outbox_published_total{only}"), "confirmed"),
                Query(per_second(f"ombud_outbox_returned_total{only}"), "returned"),
            ),
            lines(publish, Query(quantile(0.95, "ombud_outbox_publish_duration_seconds", where=only), "95 of 100")),
        ],
    )


def running(only: str) -> Row:
    by, each = ["instance"], "{{instance}}"
    late = Says(
        "Late by, 99 of 100",
        "The event loop. Often above 0.1 s: too little of a processor. More replicas, or a higher limit.",
        SECONDS,
        Limits(red=0.1),
        ["OmbudHubStuck"],
    )
    cpu = Says("Processor", "A replica uses one core at most. Near 1: more replicas.", SHARE, Limits(red=0.95))
    memory = Says(
        "Memory", "Grows for days: a leak; note what it did, and restart it. Near its limit: it will be ended.", BYTES
    )
    files = Says(
        "Open files", "Share of those allowed. Near 1 no connection is accepted any more.", SHARE, Limits(red=0.9)
    )
    starts = Says(
        "Starts within an hour",
        "Without a rollout: it crashed. `crashed` in its log, or its exit code.",
        NUMBER,
        alerts=["OmbudServiceStartsAgain"],
    )
    found = Says(
        "Never freed",
        "Objects that the collector of Python could not free, each hour. Above 0 for days: a leak; tell its authors.",
    )
    return Row(
        "Its process",
        [
            lines(late, Query(quantile(0.99, "ombud_hub_lag_seconds", by, where=only), each)),
            lines(cpu, Query(per_second(f"process_cpu_seconds_total{only}", by), each)),
            lines(memory, Query(f"sum by (instance) (process_resident_memory_bytes{only})", each)),
            lines(files, Query(f"sum by (instance) (process_open_fds{only} / process_max_fds{only})", each)),
            lines(starts, Query(f"sum by (instance) (changes(process_start_time_seconds{only}[{HOUR}]))", each)),
            lines(found, Query(grown(f"python_gc_objects_uncollectable_total{only}", by, HOUR), each)),
        ],
    )
