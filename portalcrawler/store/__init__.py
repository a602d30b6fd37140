"""The only room that knows MongoDB: connection, private server, schema, documents, writer."""
