"""SQLAlchemy behind the repository ports."""
