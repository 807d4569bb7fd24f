"""The conformance suite of the AI Studio fine-tuning API."""
