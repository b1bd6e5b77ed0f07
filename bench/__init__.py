"""Every performance claim of this project, as a command that anyone can run.

``python -m bench.NAME`` prints a table for people, with ``--json`` one object whose keys name the
figures. A ratio is always taken against a baseline in the same run.
"""
