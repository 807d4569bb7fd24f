"""The outside world in small pieces: clocks, chance, blobs, certificates."""
