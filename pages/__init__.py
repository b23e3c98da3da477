"""One file a route: register_page, layout, thin callbacks."""
