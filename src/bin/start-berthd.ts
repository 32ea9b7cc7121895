import assert from "node:assert/strict";
import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { pino, type Logger } from "pino";
import type { Privileges } from "#domain/privileges.ts";
import { ownRealm } from "#domain/realm.ts";
import { createAuthorizedKeys } from "#drivers/access/authorized-keys.ts";
import { ownPorts, type HostConfig, type HostSettings } from "#domain/host-config.ts";
import { certificateEnd } from "#drivers/config/certificates.ts";
import { createConfigDirectory } from "#drivers/config/directory.ts";
import { createLocalExecutor } from "#drivers/executors/local.ts";
import { createInstanceFiles } from "#drivers/logs/instances.ts";
import { createJobFiles } from "#drivers/logs/jobs.ts";
import { createRouterFiles } from "#drivers/logs/router.ts";
import { createLinuxMachine } from "#drivers/machine/linux.ts";
import { openMetrics } from "#drivers/metrics/sqlite.ts";
import { builders } from "#drivers/registry.ts";
import { createPrivileges } from "#drivers/privileges/create-privileges.ts";
import { letLightGoFirst } from "#drivers/privileges/light-first.ts";
import { createUsers } from "#drivers/privileges/users.ts";
import { createDrainSender } from "#drivers/drains/sender.ts";
import { createDrainSource } from "#drivers/logs/drain-source.ts";
import { createMailNotifier } from "#drivers/notifiers/mail.ts";
import { createChatNotifier, createWebhookNotifier } from "#drivers/notifiers/webhook.ts";
import { createNginxRouter } from "#drivers/routers/nginx.ts";
import { createNginxRequestLog } from "#drivers/routers/nginx/request-log.ts";
import { createSandboxRunner } from "#drivers/runners/sandbox.ts";
import { createGitSource } from "#drivers/sources/git.ts";
import { createFolderWorkspace } from "#drivers/workspaces/folders.ts";
import { createEngine } from "#engine/create-engine.ts";
import { checkout, ownVersion, programOf } from "#lib/checkout.ts";
import { machineClock } from "#lib/clock.ts";
import { ensureDirectory } from "#lib/files.ts";
import { canScopeSockets } from "#lib/landlock.ts";
import { createOutboundGuard } from "#lib/outbound.ts";
import { readOutgoingPorts } from "#lib/sockets.ts";
import { readConsole } from "#server/http/console.ts";
import { createHelper } from "#privileged/helper.ts";
import { beginRealm } from "#privileged/realm.ts";
import { createHttpServer } from "#server/http/server.ts";
import { isolationOf } from "#setup/isolation.ts";
import { homeLayout, type HomeLayout } from "#setup/layout.ts";
import { readRealm } from "#setup/realm.ts";
import { removeLeftovers } from "#setup/leftovers.ts";
import { ensureToken } from "#setup/token.ts";
import { createKeyFile } from "#store/secret-keys.ts";
import { openStore } from "#store/store.ts";
import { signInOf, surroundingsOf } from "./berthd-people.ts";

const fenceEveryMs = 60_000;

/**
 * The control plane: wires the engine to its drivers, takes over what runs and opens its doors.
 * @param helper The socket of berth-root; null when this process itself is all there is.
 */
export async function startBerthd(home: string, helper: string | null): Promise<AsyncDisposable> {
  const layout = homeLayout(home);
  const log = pino({ base: null });
  const version = ownVersion();
  const store = await openStore(layout.database, createKeyFile(layout.secretKey));
  const configDirectory = createConfigDirectory({
    dir: layout.config,
    keyDirs: [join(homedir(), ".ssh/authorized_keys.d")],
    lastGood: store.configFiles,
  });
  let hostConfig = await configDirectory.read();
  await removeLeftovers(layout);
  const privileges = await privilegesFor(home, helper, log);
  const openPorts = await keepFence(privileges, hostConfig, log);

  const engine = createEngine({
    store,
    source: createGitSource(layout.repositories),
    executor: createLocalExecutor(privileges, layout),
    runner: createSandboxRunner(privileges),
    router: createNginxRouter({ socketPath: layout.nginxSocket, snapshotPath: layout.routes }),
    workspace: createFolderWorkspace(layout.data, privileges),
    users: createUsers(privileges, layout.caches),
    ...logFiles(layout),
    ...watching(layout, () => hostConfig.settings),
    access: createAuthorizedKeys(layout.authorizedKeys, layout.sshShell),
    signIn: await signInOf({ layout, store, hostConfig: () => hostConfig, log }),
    builders,
    clock: machineClock,
    log: { info: log.info.bind(log), error: log.error.bind(log) },
    hostConfig: () => hostConfig,
    host: await hostOf(privileges, hostConfig, { home, version, hasUsers: helper !== null }),
  });
  const around = await whatServes(layout, () => hostConfig);
  const server = createHttpServer({ engine, version, log, ...around });

  await engine.begin();
  await server.listenSocket(layout.socket);
  await server.listenTcp(hostConfig.settings.listen.apiAddress, hostConfig.settings.listen.api);
  const directory = configDirectory.watch((config) => {
    hostConfig = config;
    Promise.all([openPorts(config), engine.configure(config)]).catch((err: unknown) =>
      log.error({ err }, "could not apply the configuration"),
    );
  });
  log.info({ version, home }, "berthd is up");
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all([server, directory, engine].map((part) => part[Symbol.asyncDispose]()));
    },
  };
}

/** What the HTTP server needs beside the engine. */
async function whatServes({ token }: HomeLayout, hostConfig: () => HostConfig) {
  return {
    tokenOk: isTokenFor(Buffer.from(await ensureToken(token))),
    console: await readConsole(join(checkout, "dist/console")),
    surroundings: surroundingsOf(hostConfig),
  };
}

function logFiles({ logs }: HomeLayout) {
  return {
    jobLog: createJobFiles(join(logs, "jobs")),
    instanceLogs: createInstanceFiles(join(logs, "instances")),
    routerLogs: createRouterFiles(join(logs, "router")),
  };
}

/** What the platform is measured with, and how people are told of what happens. */
function watching(
  { home, config, logs, requestLog, requestsRead, metrics }: HomeLayout,
  settings: () => HostSettings,
) {
  const guard = createOutboundGuard(() => settings().internalTargets);
  return {
    requestLog: createNginxRequestLog(requestLog, requestsRead),
    metrics: openMetrics(metrics),
    machine: createLinuxMachine(home),
    certificateEnd,
    drainSource: createDrainSource({
      instances: join(logs, "instances"),
      router: join(logs, "router"),
      jobs: join(logs, "jobs"),
    }),
    drainSender: createDrainSender(guard),
    notifiers: {
      webhook: createWebhookNotifier(guard),
      chat: createChatNotifier(guard),
      mail: createMailNotifier(() => settings().mail, config),
    },
  };
}

function isTokenFor(token: Buffer): (given: string) => boolean {
  return (given) => given.length === token.length && timingSafeEqual(Buffer.from(given), token);
}

async function hostOf(
  privileges: Privileges,
  { settings }: HostConfig,
  { home, version, hasUsers }: { home: string; version: string; hasUsers: boolean },
) {
  const account = userInfo().username;
  const { protections } = privileges;
  const isOutgoing = await readOutgoingPorts();
  const reservesPorts = !Object.values(ownPorts(settings)).some(isOutgoing);
  const isolation = isolationOf({ hasUsers, reservesPorts, ...protections });
  const { unlimited } = protections;
  return { home, version, account, sshNames: [account], isolation, unlimited };
}

async function privilegesFor(
  home: string,
  helper: string | null,
  log: Logger,
): Promise<Privileges> {
  const npm = join(checkout, "node_modules/npm");
  const tools = { node: process.execPath, npm, relay: programOf(checkout, "berth-terminal") };
  if (helper !== null) {
    const realm = await readRealm(homeLayout(home).helper);
    assert(realm, "berth up has prepared what berth-root keeps to");
    letLightGoFirst(realm.cgroups, (err) => log.error({ err }, "apps have no order any more"));
    return createPrivileges({ home, tools, realm, connect: () => connect(helper) });
  }
  // An ordinary user: the same verbs, over the same conversation, in this process.
  const { uid, gid } = userInfo();
  const realm = ownRealm({ uid, gid }, await canScopeSockets());
  const inside = createServer(createHelper(await beginRealm(home, realm), () => {}));
  const { helper: folder, helperSocket } = homeLayout(home);
  await ensureDirectory(folder, 0o700);
  await rm(helperSocket, { force: true });
  await once(inside.listen(helperSocket), "listening");
  return createPrivileges({ home, tools, realm, connect: () => connect(helperSocket) });
}

/**
 * Apps may visit the router, where it has listened since its start, and what else is chosen; none may
 * listen there while Berth or what is chosen is started again. Whoever
 * reloads the machine's own firewall rules may take ours down with them: they are put up again.
 */
async function keepFence(privileges: Privileges, config: HostConfig, log: Logger) {
  const { api, ssh, direct, http, terminated, tls } = config.settings.listen;
  const tell = ({ settings: { openPorts, ports } }: HostConfig) => {
    const open = [direct, http, terminated, tls, ...openPorts];
    return privileges.setPorts({ open, kept: [api, ssh, ...open], instances: ports });
  };
  const mend = () =>
    privileges.mendFence().catch((err: unknown) => log.error({ err }, "could not mend the fence"));
  await tell(config);
  setInterval(() => void mend(), fenceEveryMs).unref();
  return tell;
}
