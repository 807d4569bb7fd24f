"""The commands of `aistudio-client`, a module a group."""
