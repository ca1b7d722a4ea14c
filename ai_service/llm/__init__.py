"""Language models: one small interface, its OpenAI-compatible client, and the asking with its bounds."""
