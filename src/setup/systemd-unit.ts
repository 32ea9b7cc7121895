/** What the unit is about: the home that it keeps running, and the programs that do so. */
export type UnitOptions = {
  readonly home: string;
  /** The runtime and the code, in a directory that only root can change. */
  readonly node: string;
  readonly cli: string;
  /** The file in which `berth up` notes the supervisor's process. */
  readonly pidFile: string;
  /** Where the claims on ranges of users are kept, for all homes of the machine. */
  readonly claims: string;
};

/**
 * The systemd unit of one home. It hardens what can be hardened around a program that makes
 * sandboxes itself: what hides or locks parts of /proc, of namespaces or of control groups would
 * keep bubblewrap and the limits of apps from working, so it is left out; and s6 marks the folders
 * of its logs and events with set-group-ID bits, which RestrictSUIDSGID would refuse.
 * @see systemd.service(5), systemd.exec(5), systemd.resource-control(5)
 */
export function renderUnit({ home, node, cli, pidFile, claims }: UnitOptions): string {
  const berth = (...words: string[]) => [node, cli, "--home", home, ...words].map(quote).join(" ");
  return `# Written by berth install; changes here are lost at the next one. See systemctl edit berth.
[Unit]
Description=Berth, a home for programs
Wants=network-online.target
After=network-online.target nss-lookup.target

[Service]
Type=forking
PIDFile=${pidFile}
ExecStart=${berth("up", "--detach")}
ExecStop=${berth("down")}
Restart=on-failure
RestartSec=2
TimeoutStartSec=120
TimeoutStopSec=120
# Apps get control groups of their own below this unit's; one that is out of memory is not the end of all.
Delegate=yes
OOMPolicy=continue
# Beside other services that use all processors: the one app that does so, too, uses up what all apps have.
CPUWeight=1000
TasksMax=infinity
LimitNOFILE=65536
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=${capabilities.join(" ")}
ProtectSystem=strict
ReadWritePaths=${quote(home)} ${quote(claims)}
ProtectHome=yes
PrivateTmp=yes
ProtectClock=yes
ProtectKernelModules=yes
RestrictRealtime=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
LockPersonality=yes
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
`;
}

/** What berth-root needs, and nothing that would let it read or replace the kernel or the machine's set-up. */
const capabilities = [
  "CAP_BPF",
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_KILL",
  "CAP_NET_ADMIN",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
  "CAP_SYS_PTRACE",
  "CAP_SYS_RESOURCE",
];

/** A word of a command line or a path as systemd reads it, which knows quotes, escapes, `%` and `$`. */
function quote(word: string): string {
  if (/^[\w./@:+-]+$/.test(word)) return word;
  const escaped = word.replaceAll(/["\\]/g, String.raw`\$&`);
  return `"${escaped.replaceAll("%", "%%").replaceAll("$", "$$$$")}"`;
}
