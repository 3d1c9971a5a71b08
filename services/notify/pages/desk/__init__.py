"""The worker's desk, behind `@desk(…)`: pages of a worker's session."""
