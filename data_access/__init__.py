"""Everything between the screens and the world: rules, storage, live push, reads, writes, intake, interfaces."""
