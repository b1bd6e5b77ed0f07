"""Runs tests on the native modules: ``pytest -p tests.native tests/inbound``.

The program is then imported from its wheel, built of these sources, instead of from them.
"""

import sys

from bench._installed import installed, is_native

sys.path.insert(0, str(installed()))

assert is_native(), "there is no C compiler here"
