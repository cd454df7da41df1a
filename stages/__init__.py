"""The DVC stages: one module is one stage, run as `python -m stages.<name>` from the project's root."""
