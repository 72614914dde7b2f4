"""`ombud template`: the texts of alerts, looked at before they are sent."""
