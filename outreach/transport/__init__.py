"""Handing one envelope and its bytes to the next hop."""
