"""PostgreSQL and Redis from Python wheels, for machines that have no server of their own.

A process that needs them calls `attach`. The first one starts a supervisor (`python -m devtools.embedded`), which runs
both servers as its children. Every user holds a shared lock on one file; when the supervisor can take that lock for
itself, nobody is left, and it stops the servers. The kernel drops locks of dead processes: a killed user leaves nothing
behind.
"""
