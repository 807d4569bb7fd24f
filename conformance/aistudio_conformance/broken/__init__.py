"""Clients with exactly one defect each, and the checks that each must turn red: what proves the suite."""
