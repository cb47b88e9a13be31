"""What people do: one function per command, one transaction, authorised, audited, idempotent.

A verb takes ``(session, actor, command)`` and returns an id or a list of ids; a reader takes ``(session, actor, …)``
and returns plain values. Callers open the transaction: ``ui.perform``, the server, the demo and the tests.
"""
