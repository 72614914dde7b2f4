"""Dashboards as code, a file each: `python -m apidocs` writes `dashboards/*.json` from them, which Grafana reads."""
