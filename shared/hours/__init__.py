"""Hours in which people work: calendars, holidays, and how both are written. Used by routing and escalation."""
