import { note, platformActor, type EngineContext } from "./context.ts";
import type { Meter } from "./meter.ts";

const lookMs = 10_000;
const certificatesEveryLooks = 360;
const diskMark = "disk.low";
/** How much more must be free again before a full disk is told of anew, in percent. */
const recoveredPercent = 2;
/** Days before its end at which a certificate is told of. */
const certificateDays = [14, 7, 3, 1, 0] as const;
const dayMs = 86_400_000;

/** Looks at what nobody else would notice: a disk that fills, a certificate near its end. */
export class Warden {
  readonly #context: EngineContext;
  readonly #meter: Meter;

  constructor(context: EngineContext, meter: Meter) {
    this.#context = context;
    this.#meter = meter;
  }

  async run(stopping: AbortSignal): Promise<void> {
    const { clock, log } = this.#context;
    for (let looks = 0; !stopping.aborted; looks += 1) {
      try {
        this.#lookAtDisk();
        if (looks % certificatesEveryLooks === 0) await this.#lookAtCertificates();
      } catch (error) {
        log.error({ err: error }, "could not look after disk and certificates");
      }
      await clock.sleep(lookMs, stopping).catch(() => {});
    }
  }

  #lookAtDisk(): void {
    const { store, hostConfig, host } = this.#context;
    const { machine } = this.#meter;
    if (!machine || machine.diskTotalBytes === 0) return;
    const freePercent = 100 - (machine.diskBytes / machine.diskTotalBytes) * 100;
    const low = hostConfig().settings.diskLowPercent;
    const wasLow = store.marks.get(diskMark) !== null;
    if (wasLow && freePercent > low + recoveredPercent) store.marks.set(diskMark, null);
    if (wasLow || freePercent >= low) return;
    store.transaction(() => {
      store.marks.set(diskMark, 1);
      const message = `${freePercent.toFixed(1)} % of the disk under ${host.home} is free.`;
      this.#emit("disk.low", { appId: null, target: null, message });
    });
  }

  async #lookAtCertificates(): Promise<void> {
    const { store, certificateEnd } = this.#context;
    for (const { name, config } of store.domains.list()) {
      if (!config.ssl || config.certificate === null) continue;
      const end = await certificateEnd(config.certificate);
      if (end) this.#lookAtCertificate(name, end);
    }
  }

  #lookAtCertificate(domain: string, end: Date): void {
    const { store, clock } = this.#context;
    const mark = `certificate ${domain}`;
    const daysLeft = (end.getTime() - clock.now().getTime()) / dayMs;
    const reached = certificateDays.findLast((days) => daysLeft <= days);
    const told = store.marks.get(mark);
    if (reached === undefined) {
      if (told !== null) store.marks.set(mark, null);
      return;
    }
    if (told !== null && told <= reached) return;
    const [first] = store.domains.get(domain)?.config.locations ?? [];
    const app = first ? store.apps.named(first.upstream.app) : null;
    const when = end.toISOString().slice(0, 10);
    const verb = daysLeft <= 0 ? "ended" : "ends";
    store.transaction(() => {
      store.marks.set(mark, reached);
      const message = `The certificate of ${domain} ${verb} on ${when}.`;
      const about = { appId: app?.id ?? null, target: app?.name ?? null, message };
      this.#emit("certificate.expiring", about);
    });
  }

  #emit(
    type: "disk.low" | "certificate.expiring",
    about: { appId: number | null; target: string | null; message: string },
  ): void {
    note(this.#context, type, { ...about, actor: platformActor });
  }
}
