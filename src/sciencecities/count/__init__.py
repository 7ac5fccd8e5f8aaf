"""The weight that each unit of each work carries."""
