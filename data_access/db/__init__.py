"""Tables, engine, migrations, bulk writes."""
