"""Any server as the server of a run: behind a proxy that keeps the journal that a mock would keep."""
