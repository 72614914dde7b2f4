"""A service as nameko's documentation writes one: event handler, session, dispatcher. Started by __main__.py.

It stands for what Ombud would be on nameko's own extensions: one message, one commit, one publish at a time; and it
loses a message when the process dies between the commit and the publish.
"""

import os
from typing import Any

from nameko.events import EventDispatcher, event_handler
from nameko.extensions import DependencyProvider
from sqlalchemy import Engine, Text, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Passed(Base):
    __tablename__ = "passed"

    n: Mapped[int] = mapped_column(primary_key=True)
    complaint_id: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)


class DatabaseSession(DependencyProvider):  # type: ignore[misc]
    """A session for each worker, as nameko-sqlalchemy gives one."""

    def setup(self) -> None:
        self._engine: Engine = create_engine(os.environ["OMBUD_DATABASE_URL"])
        Base.metadata.create_all(self._engine)
        self._sessions: dict[Any, Session] = {}

    def get_dependency(self, worker: Any) -> Session:
        session = self._sessions[worker] = Session(self._engine)
        return session

    def worker_teardown(self, worker: Any) -> None:
        self._sessions.pop(worker).close()


def service(hop: str, source: str) -> type:
    """The service class of one hop; source: the service whose events it takes."""

    class Hop:
        name = hop
        session: Session = DatabaseSession()
        dispatch = EventDispatcher()

        @event_handler(source, "passed")  # type: ignore[untyped-decorator]
        def pass_on(self, payload: dict[str, Any]) -> None:
            self.session.add(Passed(complaint_id=payload["complaint_id"], text=payload["text"]))
            self.session.commit()
            self.dispatch("passed", payload)

    return Hop
