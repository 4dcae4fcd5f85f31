/**
 * The unit of systemd that Helios runs in on a machine of the stack. It is a user that exists only
 * while it runs, may write its own directory and nothing else, and gets no privileges; the process
 * of queries may still take a network of its own away from itself (`unshare`), for which it needs
 * namespaces of users. Settings are HELIOS_* of the environment file.
 */
export const serviceUnit: string = `[Unit]
Description=Helios
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=/etc/helios/helios.env
ExecStart=/opt/helios/current/helios start
WorkingDirectory=/var/lib/helios
Restart=always
RestartSec=2
RestartPreventExitStatus=6
TimeoutStopSec=60
KillMode=mixed
DynamicUser=yes
User=helios
StateDirectory=helios
StateDirectoryMode=0700
UMask=0077
MemoryMax=85%
MemorySwapMax=0
OOMPolicy=continue
TasksMax=512
LimitNOFILE=65536
LimitCORE=0
${hardening()}
[Install]
WantedBy=multi-user.target
`;

/**
 * The unit that sends the journal of Helios and of the boot to CloudWatch Logs, and once a minute
 * what the alarms look at. It is no part of Helios's own: what Helios says when it dies arrives.
 */
export const observerUnit: string = `[Unit]
Description=Helios's log to CloudWatch Logs
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
EnvironmentFile=/etc/helios/helios.env
ExecStart=/bin/sh -c 'journalctl --follow --boot --output=cat \\
  --cursor-file=/var/lib/helios-observer/cursor \\
  _SYSTEMD_UNIT=helios.service + UNIT=helios.service + SYSLOG_IDENTIFIER=helios-boot \\
  | /opt/helios/current/helios observe --to cloudwatch'
WorkingDirectory=/var/lib/helios-observer
Restart=always
RestartSec=5
DynamicUser=yes
User=helios-observer
SupplementaryGroups=systemd-journal
StateDirectory=helios-observer
UMask=0077
MemoryMax=200M
MemorySwapMax=0
TasksMax=64
LimitCORE=0
${hardening()}
[Install]
WantedBy=multi-user.target
`;

/** What both may not do. No MemoryDenyWriteExecute: V8 writes the code that it runs. */
function hardening(): string {
  return `NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=user net
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
`;
}
