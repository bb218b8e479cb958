"""What does a service say of itself? Asked only by name: a probe connects and sends."""

from __future__ import annotations
