"""Outreach: newsletters and check-ins for people who want clients rather than customers.

A *customer* buys something; a *client* is under your care. See ``docs/glossary.md`` for the words
and ``docs/architecture.md`` for the rooms of this house.
"""

__version__ = "0.1.0"
