"""Fetching open records: OpenAlex works, its snapshot, the ROR registry, journals.

`http` asks politely and again, `openalex` pages through works, `download` gets large files in
pieces; each keeps a state from which a stopped fetch goes on, and a `fetch.json` of what came.
"""
