"""Whether escalation does what it is for: auditor, gauges, findings about the policy. For ticks of service.py."""
