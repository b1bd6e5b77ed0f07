"""The starter set that `outreach init` copies into a new workspace.

Templates, segments and sequences lie at the top level of a checkout, where people look for them,
and beside this file in an installed wheel; settings, tiers and sample contacts always lie here.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable


def starter_file(name: str) -> Traversable:
    """Return the starter file or folder called `name`, such as ``tiers.toml`` or ``templates``."""
    here = files(__name__)
    inside = here / name
    if inside.is_file() or inside.is_dir():
        return inside
    return here / ".." / ".." / name
