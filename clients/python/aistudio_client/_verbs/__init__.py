"""What a user may ask for: each verb is written once, and both clients have it."""
