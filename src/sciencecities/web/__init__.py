"""The server: answers with the pages of publish, and counts nothing itself."""
