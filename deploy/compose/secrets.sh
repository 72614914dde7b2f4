#!/bin/sh
# Draws the secrets of an installation, each once: the service `secrets` of compose.yml runs it before all others.
#
#   sh secrets.sh FOLDER
#
# FOLDER has a folder for each service that reads them, owned by its number. What is there stays: to rotate one, remove its
# file and run again (docs/operations.md). Nothing here is a value that could be used by mistake: they are random.
set -eu
folder=$1
umask 077
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# The password of a user, drawn at the first time: passwords/NAME.
password() {
    [ -s "$folder/passwords/$1" ] || random > "$folder/passwords/$1"
    cat "$folder/passwords/$1"
}

# A file with lines NAME=VALUE from standard input, for the one user that reads it; the old one is there until the new one is.
write() {
    mkdir -p "$(dirname "$folder/$1")"
    cat > "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
}

broker() { printf 'OMBUD_AMQP_URI=amqp://%s:%s@broker:5672/ombud\n' "$1" "$(password "$1")"; }
database() { printf 'OMBUD_DATABASE_URL=postgresql+psycopg2://%s:%s@database:5432/ombud\n' "$1" "$(password "$1")"; }

mkdir -p "$folder/passwords"
token=$(password token)
hashed=$(printf %s "$token" | sha256sum | cut -d ' ' -f 1)
links=$(password links)
for each in intake routing escalation notify; do
    { broker "ombud-$each"; database "ombud_$each"; printf 'OMBUD_API_TOKENS=operator:admin:%s\nOMBUD_LINK_KEYS=%s\n' "$hashed" "$links"; } \
        | write "$each/env"
    password "ombud_$each" | write "roles/ombud_$each"
done
for each in topology upstream workforce monitoring; do password "ombud-$each" > /dev/null; done
# The users of the broker with salted hashes, their rights, and all queues: read by the broker at each of its starts.
ombud definitions --passwords "$folder/passwords" | write broker/definitions.json
broker ombud-topology | write topology/env
database ombud_owner | write migrate/env
password ombud_owner | write roles/ombud_owner
password ombud_owner | write database/ombud_owner
printf 'OMBUD_API_TOKEN=%s\n' "$token" | write ombud/env
password grafana | write grafana/password

# Who reads what: the services by the number of the image, broker and database by those of theirs.
[ "$(id -u)" != 0 ] || {
    for each in intake routing escalation notify topology migrate ombud; do chown -R 10001:10001 "$folder/$each"; done
    for each in broker roles database; do chown -R 999:999 "$folder/$each"; done
    chown -R 472:0 "$folder/grafana"
}
