"""For every test: hypothesis without a deadline, which would be a timed assertion."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
