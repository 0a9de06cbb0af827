"""The LwM2M server: registration, management, builds and deployments."""
