"""The SQL of signals: a function a statement, named in the words of the domain."""
