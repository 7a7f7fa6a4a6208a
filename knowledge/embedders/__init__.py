"""One module for each embedding model; all are `knowledge.contract.Embedder`."""
