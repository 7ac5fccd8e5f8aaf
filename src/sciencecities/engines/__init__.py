"""Query engines that run the same SQL."""
