"""How is what holds a port ended, the right way, and never another?"""

from __future__ import annotations
