"""Clients under test, each in front of the same verbs."""
