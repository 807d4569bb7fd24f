"""The reference client of the AI Studio fine-tuning API."""
