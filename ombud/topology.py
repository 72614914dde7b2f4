"""`ombud topology`: makes the exchanges, queues and bindings of all services; for brokers whose services may not."""

import click

from ombud import options
from ombud.send import publisher
from ombud.trouble import Trouble
from shared.contracts.topology import EXCHANGES, QUEUES
from shared.messaging import connection as broker


@click.command(short_help="Make exchanges, queues and bindings on the broker.")
@options.amqp_uri
def topology(amqp_uri: str) -> None:
    """Make exchanges, queues and bindings on the broker; what is there already stays as it is.

    To be run with each release, as the user ombud-topology, where the services run with OMBUD_DECLARE_TOPOLOGY=false.
    """
    if not amqp_uri:
        raise Trouble("which broker? set OMBUD_AMQP_URI or --amqp-uri")
    connection = publisher.connect(amqp_uri)
    try:
        broker.declare_topology(connection)
    except (broker.TopologyConflict, *broker.LOST) as error:
        raise Trouble(f"the broker at {publisher.address_of(amqp_uri)} refuses: {error}") from error
    finally:
        connection.collect()
    click.echo(f"{len(EXCHANGES)} exchanges and {len(QUEUES)} queues are there, with their bindings")
