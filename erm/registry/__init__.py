"""The MLflow registry: packaging, serving and promoting models."""
