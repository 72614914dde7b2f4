"""Runs a method of the service in a nameko worker and waits for it; for the subscription, the tick and the web door."""

from typing import Any

from eventlet.event import Event as Signal


def call_method(container: Any, entrypoint: Any, *args: Any, **kwargs: Any) -> Any:
    """The method's result; what the method raises is raised here."""
    done = Signal()

    def keep(_worker: Any, result: Any, exc_info: Any) -> tuple[Any, None]:
        done.send((result, exc_info))
        return result, None

    container.spawn_worker(entrypoint, args, kwargs, handle_result=keep)
    result, exc_info = done.wait()
    if exc_info:
        raise exc_info[1]
    return result
