"""The address a server listens on, taken before it says that it serves."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from sciencecities.errors import SciencecitiesError


@contextmanager
def listening(host: str, port: int) -> Iterator[tuple[socket.socket, str]]:
    """A listening socket and its address as a URL; port 0 takes any that is free.

    Raises SciencecitiesError where the port is in use, not allowed, or the host is not ours.
    """
    is_v6 = ":" in host
    named = f"[{host}]" if is_v6 else host
    family = socket.AF_INET6 if is_v6 else socket.AF_INET
    try:
        server = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while ")[0].lower()
        raise SciencecitiesError(
            f"cannot listen on {named}:{port}: {reason}; choose another address with "
            "`sciencecities serve EDITION --host HOST --port PORT`"
        ) from error
    with server:
        yield server, f"http://{named}:{server.getsockname()[1]}/"
