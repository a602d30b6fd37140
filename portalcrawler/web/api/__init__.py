"""The archive as JSON: each address a declaration, by which requests are read and the OpenAPI document is made."""
