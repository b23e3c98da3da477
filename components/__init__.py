"""Pure builders: a view-model in, a Dash tree out."""
