"""What the sources said, in flat tables, and which works of it an edition includes."""
