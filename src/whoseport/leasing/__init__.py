"""Which port to run on, held until it is used: picked for a project, leased, handed to a command."""

from __future__ import annotations
