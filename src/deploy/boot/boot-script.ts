import { observerUnit, serviceUnit } from './service-unit.ts';

/** What the script finds in its environment: written before it, by the template. */
export const bootVariables = [
  'STACK_ID',
  'STACK_NAME',
  'GROUP_NAME',
  'AWS_REGION',
  'BUCKET',
  'BUNDLE_KEY',
  'BUNDLE_SHA256',
  'ADDRESS_ID',
  'LOG_GROUP',
] as const;

/**
 * Makes a fresh machine of Amazon Linux 2023 a Helios: fetches the bundle, checks it, starts it,
 * waits until it is well, takes the address, and tells CloudFormation. If any of that fails it
 * says why, in the log and to CloudFormation, which then goes back to what was before; on a machine
 * that only replaces a broken one nobody waits, and it turns itself off for the next to try.
 *
 * `ROOT` and `PACE` are for tests. Every wait has an end: the whole takes at most ten minutes.
 */
export const bootScript: string = `set -uo pipefail
ROOT="\${ROOT:-}"
PACE="\${PACE:-2}"
INSTANCE_ID=''

say() { logger --tag helios-boot -- "$*" || true; echo "$*"; }

# tries SECONDS COMMAND...: again and again until it succeeds.
tries() {
  local left="$1"; shift
  until "$@"; do
    left=$((left - PACE))
    if [ "$left" -le 0 ]; then return 1; fi
    sleep "$PACE"
  done
}

metadata() {
  local token
  token="$(curl -sf --max-time 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' \\
    http://169.254.169.254/latest/api/token)" || return 1
  curl -sf --max-time 5 -H "X-aws-ec2-metadata-token: $token" \\
    "http://169.254.169.254/latest/meta-data/$1"
}

identify() { INSTANCE_ID="$(metadata instance-id)" && [ -n "$INSTANCE_ID" ]; }

fetch() {
  aws s3 cp --no-progress --region "$AWS_REGION" "s3://$BUCKET/$BUNDLE_KEY" \\
    "$ROOT/opt/helios/bundle.tar.gz"
}

check() {
  echo "$BUNDLE_SHA256  $ROOT/opt/helios/bundle.tar.gz" | sha256sum --check --status
}

unpack() {
  local release="$ROOT/opt/helios/releases/$BUNDLE_SHA256"
  mkdir -p "$release" &&
    tar -xzf "$ROOT/opt/helios/bundle.tar.gz" -C "$release" --no-same-owner &&
    rm "$ROOT/opt/helios/bundle.tar.gz" &&
    chmod -R go-w "$release" &&
    ln -sfn "$release/helios" "$ROOT/opt/helios/current"
}

configure() {
  mkdir -p "$ROOT/etc/helios" "$ROOT/etc/systemd/system"
  printf '%s\\n' "$HELIOS_SETTINGS" "HELIOS_INSTANCE=$INSTANCE_ID" > "$ROOT/etc/helios/helios.env"
  chmod 600 "$ROOT/etc/helios/helios.env"
  cat > "$ROOT/etc/systemd/system/helios.service" <<'UNIT'
${serviceUnit}UNIT
  cat > "$ROOT/etc/systemd/system/helios-observer.service" <<'UNIT'
${observerUnit}UNIT
}

start() {
  systemctl daemon-reload && systemctl enable --now helios.service &&
    systemctl enable --now helios-observer.service
}

healthy() { curl -sf --max-time 5 -o /dev/null http://127.0.0.1:7311/healthz; }

take_address() {
  aws ec2 associate-address --region "$AWS_REGION" --instance-id "$INSTANCE_ID" \\
    --allocation-id "$ADDRESS_ID" --allow-reassociation > /dev/null
}

# Nobody waits for the signal of a machine that replaces another one: that it fails is no matter.
signal() {
  aws cloudformation signal-resource --region "$AWS_REGION" --stack-name "$STACK_ID" \\
    --logical-resource-id "$GROUP_NAME" --unique-id "$INSTANCE_ID" --status "$1" 2>&1
}

# What Helios said last goes along: its own way to the log may be what failed.
report() {
  local stream="boot-$INSTANCE_ID" words
  words="$1. $(journalctl --unit=helios.service --lines=20 --output=cat 2>/dev/null | tail -c 4000)"
  words="$(printf '%s' "$words" | tr '\\000-\\037' ' ' | sed 's/[\\\\"]/\\\\&/g')"
  aws logs create-log-stream --region "$AWS_REGION" --log-group-name "$LOG_GROUP" \\
    --log-stream-name "$stream" 2>/dev/null
  aws logs put-log-events --region "$AWS_REGION" --log-group-name "$LOG_GROUP" \\
    --log-stream-name "$stream" --log-events \\
    "[{\\"timestamp\\": $(date +%s000), \\"message\\": \\"$words\\"}]" > /dev/null
}

step() {
  local words="$1"; shift
  say "$words"
  if "$@"; then return 0; fi
  say "Helios's machine failed at: $words"
  report "Helios's machine failed at: $words" || true
  if signal FAILURE; then exit 1; fi
  sleep 60
  systemctl poweroff
  exit 1
}

main() {
  mkdir -p "$ROOT/opt/helios"
  step 'asking which machine this is' tries 60 identify
  step "fetching s3://$BUCKET/$BUNDLE_KEY" tries 90 fetch
  step 'checking the sha256 of the bundle' check
  step 'unpacking the bundle' unpack
  step 'writing settings' configure
  step 'starting Helios' start
  step 'waiting until /healthz answers' tries 240 healthy
  step "taking the address $ADDRESS_ID" tries 60 take_address
  say "well: $STACK_NAME on $INSTANCE_ID"
  signal SUCCESS || true
}

main
`;
