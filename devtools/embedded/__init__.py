"""PostgreSQL and Redis from Python wheels, for machines that have no server of their own.

A process that needs them calls `join`. The first one starts a keeper (`python -m devtools.embedded`), which runs both
servers as its children. Every user holds a shared lock on one file; when the keeper can take that lock for itself,
nobody is left, and it stops the servers. The kernel drops locks of dead processes: a killed user leaves nothing behind.
"""

from devtools.embedded.join import EmbeddedServicesError, Services, join

__all__ = ["EmbeddedServicesError", "Services", "join"]
