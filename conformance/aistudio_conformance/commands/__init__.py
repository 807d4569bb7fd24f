"""The commands of `aistudio-conformance`, one a module."""
