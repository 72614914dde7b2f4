#!/bin/sh
# Made from shared/contracts by `python -m apidocs`: change it there.
#
# Makes Ombud's users of a RabbitMQ without Kubernetes, or brings them up to date; run it where rabbitmqctl works.
#
#   PASSWORDS=/path/to/folder sh users.sh
#
# The folder has one file for each user, named after it, with the password in one line: ombud-intake, ombud-routing …
# A user without a file is left out. Run again with another password it changes the user's. VHOST is `ombud` if not set,
# RABBITMQCTL the command to call.
set -eu
: "${PASSWORDS:?the folder with the passwords}"
vhost=${VHOST:-ombud}
ctl=${RABBITMQCTL:-rabbitmqctl}

user() {
  [ -f "$PASSWORDS/$1" ] || return 0
  name=$1
  shift
  # By standard input: arguments are seen by everybody on the machine.
  if printf '%s
' "$users" | cut -f 1 | grep -qxF "$name"; then
    head -n 1 "$PASSWORDS/$name" | $ctl -q change_password "$name"
  else
    head -n 1 "$PASSWORDS/$name" | $ctl -q add_user "$name"
  fi
  [ $# -eq 0 ] || $ctl -q set_user_tags "$name" "$@"
}

may() {
  [ -f "$PASSWORDS/$1" ] || return 0
  $ctl -q set_permissions -p "$vhost" "$@"
}

$ctl -q list_vhosts | grep -qxF "$vhost" || $ctl -q add_vhost "$vhost"
users=$($ctl -q list_users)

# the service intake: publishes what it announces, reads its own queues
user ombud-intake
may ombud-intake '^$' '^(intake\.events)$' '^(intake\.complaints\.v1|intake\.escalation\.v1)$'

# the service routing: publishes what it announces, reads its own queues
user ombud-routing
may ombud-routing '^$' '^(routing\.events)$' '^(routing\.intake\.v1|routing\.escalation\.v1|routing\.workforce\.v1)$'

# the service escalation: publishes what it announces, reads its own queues
user ombud-escalation
may ombud-escalation '^$' '^(escalation\.events)$' '^(escalation\.intake\.v1|escalation\.routing\.v1|escalation\.notify\.v1)$'

# the service notify: publishes what it announces, reads its own queues
user ombud-notify
may ombud-notify '^$' '^(notify\.events|amq\.default)$' '^(notify\.escalation\.v1|notify\.intake\.v1|notify\.routing\.v1|notify\.notify\.v1|notify\.dead-letters\.v1)$'

# the job that makes exchanges, queues and bindings: `ombud topology`
user ombud-topology
may ombud-topology '^(complaints|workforce|dead-letters|intake\.events|routing\.events|escalation\.events|notify\.events|intake\.complaints\.v1|intake\.escalation\.v1|routing\.intake\.v1|routing\.escalation\.v1|routing\.workforce\.v1|escalation\.intake\.v1|escalation\.routing\.v1|escalation\.notify\.v1|notify\.escalation\.v1|notify\.intake\.v1|notify\.routing\.v1|notify\.notify\.v1|notify\.dead-letters\.v1)$' '^(intake\.complaints\.v1|intake\.escalation\.v1|routing\.intake\.v1|routing\.escalation\.v1|routing\.workforce\.v1|escalation\.intake\.v1|escalation\.routing\.v1|escalation\.notify\.v1|notify\.escalation\.v1|notify\.intake\.v1|notify\.routing\.v1|notify\.notify\.v1|notify\.dead-letters\.v1|dead-letters)$' '^(complaints|workforce|dead-letters|intake\.events|routing\.events|escalation\.events|notify\.events|intake\.complaints\.v1|intake\.escalation\.v1|routing\.intake\.v1|routing\.escalation\.v1|routing\.workforce\.v1|escalation\.intake\.v1|escalation\.routing\.v1|escalation\.notify\.v1|notify\.escalation\.v1|notify\.intake\.v1|notify\.routing\.v1|notify\.notify\.v1|notify\.dead-letters\.v1)$'

# systems that tell complaints
user ombud-upstream
may ombud-upstream '^$' '^(complaints)$' '^$'

# systems that tell who is at work
user ombud-workforce
may ombud-workforce '^$' '^(workforce)$' '^$'

# people and programs that look, and change nothing
user ombud-monitoring monitoring
may ombud-monitoring '^$' '^$' '^$'
