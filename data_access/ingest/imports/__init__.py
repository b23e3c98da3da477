"""File imports: what a deployment brings with it, CSV, XLSX or GeoJSON. `runner` is the way in."""
