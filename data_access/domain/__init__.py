"""Rules of the field: no clock, no database, no framework."""
