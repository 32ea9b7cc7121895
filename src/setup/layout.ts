import { join } from "node:path";

/** Where things are in a home. The names are part of what people may rely on (DESIGN, section 7). */
export type HomeLayout = ReturnType<typeof homeLayout>;

export function homeLayout(home: string) {
  const [config, data, logs, run] = ["config", "data", "logs", "run"].map((name) =>
    join(home, name),
  ) as [string, string, string, string];
  return {
    home,
    config,
    data,
    logs,
    run,
    /** A key and a repository of whoever set Berth up, not Berth's own. */
    firstApp: join(home, "first-app"),
    /** Keys that the account's own home may hold. */
    sshFolder: join(home, ".ssh"),
    database: join(data, "berth.db"),
    /** A whole one, for a backup while the database is in use. */
    databaseCopy: join(data, "berth.db.copy"),
    metrics: join(data, "metrics.db"),
    repositories: join(data, "repos"),
    artifacts: join(data, "artifacts"),
    caches: join(data, "caches"),
    scratch: join(data, "scratch"),
    ssh: join(data, "ssh"),
    certificates: join(data, "certs"),
    secretKey: join(data, "secret.key"),
    token: join(data, "api.token"),
    signInKey: join(data, "sign-in.key"),
    socket: join(run, "berthd.sock"),
    /** The process that systemd watches. */
    supervisorPid: join(run, "supervisor.pid"),
    supervisorLog: join(logs, "s6-svscan.log"),
    scan: join(run, "scan"),
    services: join(run, "services"),
    exits: join(run, "exits"),
    /** Of berth-root, which only berthd's group may enter. */
    helper: join(run, "root"),
    helperSocket: join(run, "root", "berth-root.sock"),
    helperCache: join(run, "root", "cache"),
    platformServices: join(run, "platform"),
    nginx: join(run, "nginx"),
    nginxConf: join(run, "nginx", "nginx.conf"),
    /** What nginx itself writes. */
    nginxOwn: join(run, "nginx", "own"),
    nginxSocket: join(run, "nginx", "own", "control.sock"),
    requestLog: join(run, "nginx", "own", "access.log"),
    /** What berthd writes for nginx, and how far it has read what nginx wrote. */
    routing: join(run, "nginx", "table"),
    routes: join(run, "nginx", "table", "routes.jsonl"),
    requestsRead: join(run, "nginx", "table", "access.log.read"),
    sshdConf: join(run, "sshd_config"),
    authorizedKeys: join(run, "authorized_keys"),
    sshShell: join(run, "ssh-shell"),
    sshSlots: join(run, "ssh-slots"),
    hooks: join(run, "hooks"),
    compileCache: join(data, "compiled"),
  };
}
