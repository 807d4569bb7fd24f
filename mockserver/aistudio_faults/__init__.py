"""Faults as data, pure, for mock and suite: which calls meet them, and what becomes of an answer."""
