"""One function per RPC over an in-memory store."""
