#!/bin/sh
# Makes the secrets of a local cluster, with random values, and says the token for the API. Once, when the namespace is there.
set -eu
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
make() { # from standard input: one name=value a line, so that no value is an argument that others see
    kubectl -n ombud create secret generic "$1" --from-env-file=/dev/stdin
}
login() { printf 'username=%s\npassword=%s\n' "$1" "$2"; }

broker=$(random) database=$(random) token=$(random)
for each in intake routing escalation notify; do
    login ombud "$broker" | make "ombud-$each-broker"
    login ombud "$database" | make "ombud-$each-database"
done
login ombud "$database" | make ombud-owner-database
hashed=$(printf %s "$token" | sha256sum | cut -d ' ' -f 1)
printf 'api-tokens=local:admin:%s\nlink-keys=%s\n' "$hashed" "$(random)" | make ombud
printf 'smtp-url=smtp://127.0.0.1:1025\nlast-resort=last-resort@ombud.example\n' | make ombud-notify
echo "the token with all scopes, not kept anywhere: $token"
