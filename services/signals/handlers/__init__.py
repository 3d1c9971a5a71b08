"""What signals does with each message: load, decide, save, emit."""
