"""The SQL of profiles: a function a statement, named in the words of the domain."""
