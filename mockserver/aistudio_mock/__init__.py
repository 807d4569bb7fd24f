"""A fake of the AI Studio fine-tuning API."""
