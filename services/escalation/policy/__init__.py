"""From the text of policy.yml to the rules that decide, and which of them a case follows. For all that decides."""
