"""What every service's dashboard shows: whether it answers, its doors, events, clockwork, database, process.

Called by the file of each service, which adds the service's own work in the middle.
"""

from deploy.grafana.board import Board, Row
from deploy.grafana.pieces import EACH_SECOND, SECONDS, Limits, Panel, Query, Says, lines, tile
from deploy.grafana.queries import HOUR, RANGE, grown, most, per_second, quantile
from deploy.grafana.service_parts import clockwork, database, running


def board(service: str, purpose: str, own: Row) -> Board:
    only = f'{{service="{service}"}}'
    rows = [
        _glance(service, only),
        own,
        _doors(service, only),
        _events(only),
        clockwork(only),
        database(only),
        running(only),
    ]
    return Board(f"ombud-{service}", f"Ombud: {service}", purpose, "3h", rows)


def _glance(service: str, only: str) -> Row:
    return Row("Is it well?", [_replicas(only), *_faults(service), _oldest(only), _late(only), _version(only)])


def _replicas(only: str) -> Panel:
    says = Says(
        "Replicas that answer",
        "Fewer than you started: see their logs. None: the runbook says what stands still meanwhile.",
        limits=Limits(1, 1, falling=True),
        alerts=["OmbudServiceAbsent", "OmbudReplicaAway"],
    )
    return tile(says, Query(f"sum(up{only})"), decimals=0)


def _faults(service: str) -> list[Panel]:
    failed = f'ombud_http_requests_total{{service="{service}", status="5xx"}}'
    every = f'ombud_http_requests_total{{service="{service}"}}'
    doors = Says(
        "Requests that failed",
        "Share with a 5xx, over the time that is shown. Above 0: `request_failed` in its log.",
        "percentunit",
        Limits(orange=0.001, red=0.01),
        ["OmbudDoorsFail"],
        "no requests",
    )
    letters = Says(
        "Dead letters",
        "Above 0: `ombud deadletters list`, mend, replay.",
        limits=Limits(red=1),
        alerts=["OmbudDeadLetters"],
    )
    dead = f'sum(max by (reason) (ombud_dead_letters{{service="{service}"}}))'
    return [
        tile(doors, Query(f"{grown(failed)} / ({grown(every)} > 0)")),
        tile(letters, Query(dead), decimals=0),
    ]


def _oldest(only: str) -> Panel:
    says = Says(
        "Oldest event not yet told",
        "In the outbox. Above a minute the other services do not hear what happens here: `ombud outbox`.",
        SECONDS,
        Limits(orange=15, red=60),
        ["OmbudOutboxOld"],
    )
    return tile(says, Query(most(f"ombud_outbox_oldest_age_seconds{only}")))


def _late(only: str) -> Panel:
    says = Says(
        "Late by, at most",
        "How late its event loop woke up in the last minute. Above 1 s something holds up all that it does.",
        SECONDS,
        Limits(orange=1, red=2),
        ["OmbudHubStuck"],
    )
    return tile(says, Query(most(f"ombud_hub_lag_max_seconds{only}")), decimals=2)


def _version(only: str) -> Panel:
    says = Says(
        "Version",
        "How many replicas run which. Two for longer than a rollout: it has stopped half way.",
    )
    return tile(says, Query(f"count by (version) (ombud_build_info{only})", "{{version}}"), decimals=0)


def _doors(service: str, only: str) -> Row:
    wide = f'{{service="{service}", status=~"4xx|5xx"}}'
    rate = Says("Requests", "By status. A `4xx` that grows is a caller's mistake, `5xx` one of ours.", EACH_SECOND)
    bad = Says(
        "Refused or failed, by entrypoint, each hour",
        "Which door, and is it callers (4xx) or we (5xx)? Then its log.",
        alerts=["OmbudDoorsFail"],
        empty="none",
    )
    slow = Says(
        "Time to answer, 95 of 100",
        "The slowest five. Above 1 s callers wait: is it the database (below), or one door alone?",
        SECONDS,
        Limits(red=1),
    )
    refused = grown(f"ombud_http_requests_total{wide}", ["entrypoint", "status"], HOUR)
    times = quantile(0.95, "ombud_http_request_duration_seconds", ["entrypoint"], where=only)
    return Row(
        "Its doors",
        [
            lines(rate, Query(per_second(f"ombud_http_requests_total{only}", ["status"]), "{{status}}"), stacked=True),
            lines(bad, Query(f"topk(5, {refused} > 0)", "{{entrypoint}} {{status}}")),
            lines(slow, Query(f"topk(5, {times})", "{{entrypoint}}")),
        ],
    )


def _events(only: str) -> Row:
    rate = Says(
        "Events worked off",
        "`duplicate` is normal after a lost connection. `retry` and `dead` are not: `event_failed` in its log.",
        EACH_SECOND,
    )
    age = Says(
        "Age when worked off, 95 of 100",
        "From their announcement. Above 15 s: does a queue grow, or is a batch slow?",
        SECONDS,
        Limits(red=15),
    )
    batch = Says(
        "Time for a batch, 95 of 100",
        "Commit included. Above 1 s the database is slow.",
        SECONDS,
        Limits(red=1),
    )
    queues = Says(
        "Messages that wait",
        "Grows: more replicas, if the database is not what is slow. Absent: the broker is away.",
        alerts=["OmbudQueueStands", "OmbudQueueWithoutReader", "OmbudConnectionsLost"],
    )
    retries = Says(
        "Events that wait for another try",
        "They failed once. A whole queue: what does it need that is away? One: it ends as a dead letter.",
        alerts=["OmbudRetriesOverdue"],
    )
    holds = Says(
        "Holds its messages, or lost the broker",
        "1: the database is away and nothing is taken from the queue. Lost connections: the network, or the broker.",
        alerts=["OmbudSubscriptionHolds", "OmbudConnectionsLost"],
    )
    lost = grown(f"ombud_subscription_reconnects_total{only}", (), RANGE)
    return Row(
        "Its events",
        [
            lines(rate, Query(per_second(f"ombud_events_total{only}", ["outcome"]), "{{outcome}}"), stacked=True),
            lines(age, Query(quantile(0.95, "ombud_event_age_seconds", ["queue"], where=only), "{{queue}}")),
            lines(
                batch, Query(quantile(0.95, "ombud_event_batch_duration_seconds", ["queue"], where=only), "{{queue}}")
            ),
            lines(queues, Query(f"{most(f'ombud_queue_messages{only}', ['queue'])} >= 0", "{{queue}}")),
            lines(retries, Query(most(f"ombud_retries_waiting{only}", ["queue"]), "{{queue}}")),
            lines(
                holds,
                Query(most(f"ombud_subscription_holding{only}"), "holds"),
                Query(lost.replace(f"[{RANGE}]", f"[{HOUR}]"), "connections lost in an hour"),
            ),
        ],
    )
