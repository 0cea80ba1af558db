"""The atlas: declared sheets over the published tables, drawn as files that open anywhere."""
