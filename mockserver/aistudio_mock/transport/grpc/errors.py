"""How gRPC names what `transport.errors` tells."""

from grpc import StatusCode

CODES = {code.value[0]: code for code in StatusCode}
"""Canonical number → grpc's enum."""

DETAILS = "grpc-status-details-bin"
