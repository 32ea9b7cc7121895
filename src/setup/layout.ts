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
    database: join(data, "berth.db"),
    metrics: join(data, "metrics.db"),
    repositories: join(data, "repos"),
    artifacts: join(data, "artifacts"),
    ssh: join(data, "ssh"),
    certificates: join(data, "certs"),
    secretKey: join(data, "secret.key"),
    token: join(data, "api.token"),
    socket: join(run, "berthd.sock"),
    /** The process that systemd watches. */
    supervisorPid: join(run, "supervisor.pid"),
    scan: join(run, "scan"),
    platformServices: join(run, "platform"),
    nginx: join(run, "nginx"),
    nginxConf: join(run, "nginx", "nginx.conf"),
    nginxSocket: join(run, "nginx", "control.sock"),
    routes: join(run, "nginx", "routes.jsonl"),
    requestLog: join(run, "nginx", "access.log"),
    sshdConf: join(run, "sshd_config"),
    authorizedKeys: join(run, "authorized_keys"),
    sshShell: join(run, "ssh-shell"),
    hooks: join(run, "hooks"),
    compileCache: join(data, "caches", "node"),
  };
}
