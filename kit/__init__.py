"""What every layer may use and what knows no domain: settings, errors, clock, ids, crypto, logs."""
