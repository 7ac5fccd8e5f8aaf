"""Pages, charts and files that people read and take away."""
