"""Pure rules of the fake: no clock, no chance, no wires, no files."""
