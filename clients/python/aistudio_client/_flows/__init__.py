"""The conversations: generators that yield steps and are sent their results. Nothing in here waits."""
