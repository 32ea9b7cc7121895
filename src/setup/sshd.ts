import type { HomeLayout } from "./layout.ts";

/**
 * The private sshd's configuration: keys only, each bound to one forced command, nothing forwarded.
 * It runs without privilege, so it can only ever be the account that started it.
 * @see sshd_config(5)
 */
export function renderSshd(
  layout: HomeLayout,
  listen: { readonly address: string; readonly ssh: number },
): string {
  const address = listen.address === "*" ? [] : [`ListenAddress ${listen.address}`];
  const lines = [
    `Port ${listen.ssh}`,
    ...address,
    `HostKey "${layout.ssh}/host_ed25519"`,
    `AuthorizedKeysFile "${layout.authorizedKeys}"`,
    "PidFile none",
    "AuthenticationMethods publickey",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "UsePAM no",
    // The home belongs to the account itself; its parents may be group-writable on a person's machine.
    "StrictModes no",
    "DisableForwarding yes",
    "PermitUserRC no",
    "PermitUserEnvironment no",
    "AcceptEnv GIT_PROTOCOL",
    "PrintMotd no",
    "PrintLastLog no",
    "UseDNS no",
    "LoginGraceTime 20",
    // Whoever has not signed in yet may have no more places than leave enough to all others.
    "MaxStartups 100:30:200",
    "PerSourceMaxStartups 60",
    "PerSourceNetBlockSize 32:64",
    "MaxSessions 20",
    "ClientAliveInterval 30",
    "LogLevel INFO",
  ];
  return `${lines.join("\n")}\n`;
}
