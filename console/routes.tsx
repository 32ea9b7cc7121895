import type { ReactNode } from "react";
import { matchPath } from "./lib/paths.ts";
import { AccountPage } from "./pages/account.tsx";
import { ActivityPage } from "./pages/activity.tsx";
import { AppConfigPage } from "./pages/app-config.tsx";
import { AppDomainsPage } from "./pages/app-domains.tsx";
import { AppLimitsPage } from "./pages/app-limits.tsx";
import { AppLogsPage } from "./pages/app-logs.tsx";
import { AppMetricsPage } from "./pages/app-metrics.tsx";
import { AppOverviewPage } from "./pages/app-overview.tsx";
import { AppProtectionPage } from "./pages/app-protection.tsx";
import { AppReleasesPage } from "./pages/app-releases.tsx";
import { AppSettingsPage } from "./pages/app-settings.tsx";
import { AppTerminalPage } from "./pages/app-terminal.tsx";
import { AppsPage } from "./pages/apps.tsx";
import { AuditPage } from "./pages/audit.tsx";
import { InstallationPage } from "./pages/installation.tsx";
import { JobPage } from "./pages/job.tsx";
import { KeysPage } from "./pages/keys.tsx";
import { NewAppPage } from "./pages/new-app.tsx";
import { PeoplePage } from "./pages/people.tsx";

type Params = Readonly<Record<string, string>>;

/** What stands at which address. A page of an app takes its target: `shop` or `shop@staging`. */
const pages: readonly (readonly [pattern: string, page: (params: Params) => ReactNode])[] = [
  ["/", () => <AppsPage />],
  // Where the company's sign-on leads back to when it went wrong.
  ["/sign-in", () => <AppsPage />],
  ["/new", () => <NewAppPage />],
  ["/apps/:target", (params) => <AppOverviewPage {...targetOf(params)} />],
  ["/apps/:target/releases", (params) => <AppReleasesPage {...targetOf(params)} />],
  ["/apps/:target/logs", (params) => <AppLogsPage {...targetOf(params)} />],
  ["/apps/:target/metrics", (params) => <AppMetricsPage {...targetOf(params)} />],
  ["/apps/:target/terminal", (params) => <AppTerminalPage {...targetOf(params)} />],
  ["/apps/:target/config", (params) => <AppConfigPage {...targetOf(params)} />],
  ["/apps/:target/domains", (params) => <AppDomainsPage {...targetOf(params)} />],
  ["/apps/:target/limits", (params) => <AppLimitsPage {...targetOf(params)} />],
  ["/apps/:target/protection", (params) => <AppProtectionPage {...targetOf(params)} />],
  ["/apps/:target/settings", (params) => <AppSettingsPage {...targetOf(params)} />],
  ["/jobs/:job", ({ job = "" }) => <JobPage key={job} job={Number(job)} />],
  ["/activity", () => <ActivityPage />],
  ["/installation", () => <InstallationPage />],
  ["/keys", () => <KeysPage />],
  ["/people", () => <PeoplePage />],
  ["/audit", () => <AuditPage />],
  ["/account", () => <AccountPage />],
];

/** The page at a path; null when there is none. */
export function pageAt(path: string): ReactNode {
  for (const [pattern, page] of pages) {
    const params = matchPath(pattern, path);
    if (params) return page(params);
  }
  return null;
}

function targetOf({ target = "" }: Params): { key: string; target: string } {
  return { key: target, target };
}
