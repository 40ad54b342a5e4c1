"""Settings of the backend: declared once, read from one YAML file, the environment and secret files."""
