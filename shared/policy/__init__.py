"""How policy files are read: plain YAML with lines, kinds of values. Used by routing, escalation and notify."""
