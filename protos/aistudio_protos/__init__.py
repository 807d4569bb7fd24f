"""The wire contract: our own wire-compatible protobuf definitions, in a private descriptor pool."""
