"""Puts a Python client behind the protocol's lines on stdin and stdout."""
