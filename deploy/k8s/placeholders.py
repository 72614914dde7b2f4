"""Refuses what was not filled in: `kubectl kustomize YOUR-OVERLAY | python deploy/k8s/placeholders.py`.

A pipeline calls it before `kubectl apply`. Needs only the standard library.
"""

import re
import sys
from collections.abc import Iterable

PLACEHOLDERS = {
    re.compile(r"sha256:0{64}"): "the digest of an image that you built",
    re.compile(r"[\w.-]+\.example\b"): "a host name of yours",
    re.compile(r"\bimage(?:Name)?: (?!\S*@sha256:)\S+"): "an image with its digest (kustomize: images)",
}


def found(lines: Iterable[str]) -> list[str]:
    """One line for each placeholder that is left, with what belongs there."""
    left = {
        (match[0], wanted) for line in lines for form, wanted in PLACEHOLDERS.items() for match in form.finditer(line)
    }
    return [f"{text}: {wanted} belongs there" for text, wanted in sorted(left)]


def main() -> int:
    left = found(line.rstrip("\n") for line in sys.stdin)
    sys.stderr.writelines(f"{line}\n" for line in left)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
