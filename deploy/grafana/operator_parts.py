"""What lies below the promises on the operator's dashboard: what waits, alerts, letters, parts. For operator.py."""

from deploy.grafana.board import Row
from deploy.grafana.pieces import (
    ABOVE_ZERO,
    BYTES,
    NUMBER,
    SECONDS,
    SHARE,
    Column,
    Limits,
    Panel,
    Query,
    Says,
    lines,
    rows_by,
)
from deploy.grafana.queries import HOUR, RANGE, grown, most, per_second, quantile


def waiting() -> Row:
    queues = Says(
        "Messages in queues",
        "Grows for minutes: too few replicas, or a slow database. Stands still above 0: its reader hangs.",
        alerts=["OmbudQueueStands", "OmbudQueueWithoutReader"],
    )
    outbox = Says(
        "Oldest event in the outbox",
        "What happened in the service is not told to the others. All at once: the broker. One: `ombud outbox`.",
        SECONDS,
        Limits(red=60),
        ["OmbudOutboxOld"],
    )
    age = Says(
        "Age of events when worked off, 99 of 100",
        "Above 15 s the indicator `heard` suffers. Look left: does the event wait in an outbox or in a queue?",
        SECONDS,
        Limits(red=15),
    )
    deadlines = Says(
        "Deadlines, late",
        "How late the oldest deadline of a case is, and the oldest alert. Above 5 s:"
        " does the tick run, is the database slow?",
        SECONDS,
        Limits(orange=5, red=30),
        ["OmbudDeadlinesLate", "OmbudAlertsLate", "OmbudTickStands"],
    )
    retries = Says(
        "Events that wait for another try",
        "They failed once. Growing: read `event_failed` in the log. They end as worked off, or as dead letters.",
        alerts=["OmbudRetriesOverdue"],
    )
    agents = Says(
        "Complaint that waits longest for an agent",
        "The lead's matter if agents are missing, yours if routing stands still: is `ombud_assignments_total` growing?",
        SECONDS,
        Limits(red=4 * 3600),
        ["OmbudComplaintsWaitLong"],
    )
    return Row(
        "What waits?",
        [
            lines(queues, Query(most("ombud_queue_messages", ["queue"]) + " >= 0", "{{queue}}")),
            lines(outbox, Query(most("ombud_outbox_oldest_age_seconds", ["service"]), "{{service}}")),
            lines(age, Query(quantile(0.99, "ombud_event_age_seconds", ["queue"]), "{{queue}}")),
            lines(
                deadlines,
                Query(most("ombud_due_oldest_seconds"), "deadline of a case"),
                Query(most("ombud_alerts_due_oldest_seconds"), "alert"),
            ),
            lines(retries, Query("sum by (service) (max by (service, queue) (ombud_retries_waiting))", "{{service}}")),
            lines(agents, Query(most("ombud_complaints_waiting_oldest_seconds"), "oldest")),
        ],
    )


def alerts() -> Row:
    ends = Says(
        "Alerts by what became of them, each hour",
        "`failed` or `ambiguous` grow: a provider, or addresses. The table beside says which.",
        alerts=["OmbudLevelReachedNobody"],
    )
    taken = Says(
        "Until a provider took an alert, 95 of 100",
        "From the event that caused it. Above 60 s people hear late: is the provider slow, or does notify wait?",
        SECONDS,
        Limits(orange=15, red=60),
    )
    providers = Says(
        "Providers",
        "Open: held to be away; alerts wait or go by other channels. Often open and closed: ask the provider.",
        alerts=["OmbudProviderAway", "OmbudProviderRefusesUs"],
    )
    changes = Column(
        "Closed or opened", grown("ombud_provider_breaker_changes_total", ["channel", "provider"]), decimals=0
    )
    is_open = Column("Open", most("ombud_provider_breakers_open", ["channel", "provider"]), NUMBER, ABOVE_ZERO, 0)
    labels = {"channel": "Channel", "provider": "Provider"}
    return Row(
        "Do alerts leave?",
        [
            lines(ends, Query(grown("ombud_alerts_total", ["outcome"], HOUR), "{{outcome}}")),
            lines(taken, Query(quantile(0.95, "ombud_alert_acceptance_seconds", ["channel"]), "{{channel}}")),
            rows_by(providers, labels, [is_open, changes], width=8, height=8),
        ],
    )


def letters() -> Row:
    dead = Says(
        "Dead letters, and why",
        "By why. `invalid…`, `unknown_type`: the sender's mistake; `failed`, `given_up`: ours. `ombud deadletters`.",
        alerts=["OmbudDeadLetters", "OmbudDeadLettersGrow"],
    )
    come = Says(
        "Complaints taken in, each hour",
        "Falls to nothing in working hours: the sources, or what lies before intake. Ask who sends.",
    )
    webhooks = Says(
        "Webhooks by what became of them, each hour",
        "`quarantined`: their form changed. `forged`: a wrong secret, or a stranger.",
        alerts=["OmbudWebhooksForged"],
        empty="no webhooks",
    )
    letters = "sum by (service, reason) (max by (service, reason) (ombud_dead_letters))"
    return Row(
        "What comes in, and what could not be read?",
        [
            lines(dead, Query(letters, "{{service}}: {{reason}}"), stacked=True),
            lines(come, Query(grown("ombud_complaints_by_source_total", ["source"], HOUR), "{{source}}"), stacked=True),
            lines(webhooks, Query(grown("ombud_webhooks_total", ["outcome"], HOUR), "{{outcome}}")),
        ],
    )


def parts() -> Row:
    return Row("Which part is it?", [_replicas(), _broker()])


def _replicas() -> Panel:
    says = Says(
        "Replicas",
        "Which part is it? Restarts without a rollout: its log says why. Then open the dashboard of the service.",
        alerts=["OmbudServiceAbsent", "OmbudServiceStartsAgain", "OmbudHubStuck", "OmbudDatabaseAway"],
    )
    by = ["service", "instance"]
    ours = 'service=~"intake|routing|escalation|notify"'
    # Sums over one series each: so that nothing but these two labels remains, and rows of all columns meet.
    columns = [
        Column("Up", f"sum by (service, instance) (up{{{ours}}})", NUMBER, Limits(1, 1, falling=True), 0),
        Column(
            "Restarts",
            f"sum by (service, instance) (changes(process_start_time_seconds{{{ours}}}[{RANGE}]))",
            decimals=0,
        ),
        Column("Late by, at most", most("ombud_hub_lag_max_seconds", by), SECONDS, Limits(orange=1, red=2), 3),
        Column(
            "Processor", per_second(f"process_cpu_seconds_total{{{ours}}}", by), SHARE, Limits(orange=0.7, red=0.95), 0
        ),
        Column("Memory", f"sum by (service, instance) (process_resident_memory_bytes{{{ours}}})", BYTES),
        Column(
            "Files",
            "sum by (service, instance) (process_open_fds / process_max_fds)",
            SHARE,
            Limits(orange=0.7, red=0.9),
            0,
        ),
        Column(
            "Connections in use",
            f"{most('ombud_database_pool_checked_out', by)} / {most('ombud_database_pool_size', by)}",
            SHARE,
            Limits(orange=0.8, red=1),
            0,
        ),
        Column(
            "Database read, ago",
            "time() - max by (service, instance) (ombud_backlog_read_timestamp_seconds)",
            SECONDS,
            Limits(orange=60, red=120),
            0,
        ),
    ]
    return rows_by(says, {"service": "Service", "instance": "Replica"}, columns, width=15)


def _broker() -> Panel:
    says = Says(
        "RabbitMQ, queue by queue",
        "What waits, what is being worked on, and who reads. Messages and no reader: that service is away.",
        alerts=["OmbudBrokerAway", "OmbudBrokerBlocks", "OmbudQueueWithoutReader"],
    )
    queues = [
        Column(
            "Waits",
            "sum by (queue) (rabbitmq_detailed_queue_messages_ready)",
            NUMBER,
            Limits(orange=1000, red=10000),
            0,
        ),
        Column("In work", "sum by (queue) (rabbitmq_detailed_queue_messages_unacked)", decimals=0),
        Column("Readers", "sum by (queue) (rabbitmq_detailed_queue_consumers)", decimals=0),
    ]
    return rows_by(says, {"queue": "Queue"}, queues, width=9)
