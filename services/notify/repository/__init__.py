"""The SQL of notify: a function a statement, named in the words of the domain."""
