"""What exchange does with each message: load, decide, save, emit."""
