"""What a screen shows: frozen, masked, scoped; no SQL behind them."""
