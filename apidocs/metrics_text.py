"""What docs/metrics.md says around its tables; used by metrics.py."""

FOREWORD = """# Metrics

Every series, what it means, and who should worry when. What to do then is in the [runbook](runbook.md), the few to
begin with are in [operations](operations.md#what-to-watch).

Made from the services by `python -m apidocs`; a test holds it against four services that run.

Each replica answers `/metrics` on its port for operators (9001 to 9004, `OMBUD_OPS_PORT`), in the text format of
Prometheus, whatever the rest of the service waits for. Which service a series is of says the label `service` of the
scrape ([targets](../deploy/monitoring/targets/ombud.yml)); in the page only `ombud_build_info` has it, which a server
that scrapes calls `exported_service`.

- Every series is there from the start, at zero: a rate needs no special case. Labels have only the values listed here;
  none holds a person, an address, an id, or anything that somebody wrote.
- *As set up* are: of `source` the names in the sources file and, for complaints, those in `OMBUD_SOURCE_NAMES`; of
  `region` those of the roster and the policy, at most 40; of `provider` and its `channel` the providers that there are.
  A series of these is there when its name is known. Rules of your own add their categories and languages to those
  listed. Whatever has no name counts as `other`.
- Counters and histograms are of one replica: add them up. Gauges that count what is in the database or in a queue
  (`ombud_outbox_waiting`, `ombud_dead_letters`, `ombud_queue_messages`, `ombud_cases_open` …) are the same in all
  replicas: take the `max`.
- What is counted in a transaction is counted once it is committed.
- The gauges of outbox, retries and dead letters are read from the database when somebody scrapes, for at most a
  second; if that fails they stay as they were, and so does `ombud_backlog_read_timestamp_seconds`.
- The age of a retry is not shown: it ends within about 75 minutes, by being worked off or as a dead letter. What shows
  a fault is one that is overdue.

What a scrape costs at start, measured on one core (`generate_latest`, median of 20): intake 5 ms for 49 kB, routing
6 ms for 58 kB, escalation 14 ms for 135 kB, notify 10 ms for 92 kB. Each region with series of its own adds 50 lines to
escalation. One look at the database comes on top, for which the others need not wait, as they must while the page is
made: scrape each 15 s, not each second.

"""

BROKER = """## What the broker says itself

`ombud_queue_messages` is what the broker answers every 5 s to a passive declaration: the messages that are ready. It is
for whoever does not scrape the broker. Exact, and with those that are delivered and not acknowledged, is RabbitMQ's own
plugin (`rabbitmq_prometheus`, port 15692): scrape `/metrics/detailed?family=queue_coarse_metrics` for
`rabbitmq_detailed_queue_messages_ready{queue}` and `…_unacked`. KEDA asks the broker or Prometheus, never a service.
How long events wait is told by `ombud_event_age_seconds`.
"""
