"""The runbook specification, the engine that runs it and the step types."""
