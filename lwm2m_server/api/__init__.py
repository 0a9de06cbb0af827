"""The status API over HTTP: schemas and routes on the use-cases, nothing else."""
