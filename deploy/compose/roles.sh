#!/bin/sh
# Makes the database role of each service, or gives it its password anew; the service `roles` of compose.yml runs it.
# ROLES: a folder with a file for each role, named after it, with its password. psql finds the server by PGHOST, PGUSER …
# What a role may do is granted by `ombud migrate --grant` after each migration.
set -eu
: "${ROLES:?the folder with the passwords}"
PGPASSWORD=$(cat "$ROLES/ombud_owner")
export PGPASSWORD
for each in intake routing escalation notify; do
    # By standard input and quoted by psql: no password is an argument that others see.
    { printf '\\set role ombud_%s\n\\set password ' "$each"; cat "$ROLES/ombud_$each"; printf '\n'; cat <<'SQL'
SET log_statement = 'none';
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 60 PASSWORD :'password';
SQL
    } | psql --quiet --no-psqlrc --set ON_ERROR_STOP=1
done
# Nobody else gets in, and nobody makes tables where all see them.
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 <<'SQL'
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO ombud_intake, ombud_routing, ombud_escalation, ombud_notify', current_database()) \gexec
SQL
