"""Wires: gRPC and HTTP."""
