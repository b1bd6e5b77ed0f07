"""How much memory a process has had at most."""

import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")


def peak_mb() -> float:
    """Return it for this process, in MB.

    Linux tells it in ``VmHWM`` of the memory the process has had since its program began. What
    `resource` tells there is at least what its parent had when it started this one, since that
    was the process's own until then.
    """
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
