import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { PlatformError } from "#domain/errors.ts";
import type { HostSettings } from "#domain/host-config.ts";
import { safeLine } from "#lib/safe-text.ts";
import { sentenceOf, type NotificationEvent, type Notifier } from "#domain/notification.ts";

const timeoutMs = 20_000;
const subjectLengthMax = 120;

/** @param configDir Where a password file stands that is not named by an absolute path. */
export function createMailNotifier(
  settings: () => HostSettings["mail"],
  configDir: string,
): Notifier {
  return {
    check: (address) => {
      if (!z.email().max(254).safeParse(address).success) {
        const problem = "use a mail address, such as ops@example.com";
        throw new PlatformError("invalid_input", { field: "address", problem });
      }
      serverOf(settings());
    },
    send: async ({ address }, { id, event }) => {
      const { host, port, security, from, user, passwordFile } = serverOf(settings());
      // Loaded only when a mail is sent.
      const { createTransport } = await import("nodemailer");
      const pass = passwordFile ? await readFile(resolve(configDir, passwordFile), "utf8") : "";
      const transport = createTransport({
        host,
        port,
        secure: security === "tls",
        requireTLS: security === "starttls",
        ignoreTLS: security === "none",
        ...(user ? { auth: { user, pass: pass.replace(/\r?\n$/, "") } } : {}),
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      try {
        await transport.sendMail({
          from: { name: "Berth", address: from },
          to: { name: "", address: address.reveal() },
          subject: subjectOf(event),
          text: textOf(event),
          // The same at every try, so that a mailbox shows it once.
          messageId: `<${id}@${from.slice(from.indexOf("@") + 1)}>`,
          headers: { "auto-submitted": "auto-generated" },
        });
      } finally {
        transport.close();
      }
    },
  };
}

/** @throws {PlatformError} `mail_not_set_up` */
function serverOf(mail: HostSettings["mail"]) {
  const { host, from } = mail;
  if (host === null || from === null) throw new PlatformError("mail_not_set_up");
  return { ...mail, host, from };
}

function subjectOf(event: NotificationEvent): string {
  const [line = ""] = sentenceOf(event).split(/[\r\n]/, 1);
  return safeLine(line).slice(0, subjectLengthMax);
}

function textOf(event: NotificationEvent): string {
  const { type, target, actor, message, at } = event;
  return [
    ...message.split("\n").map(safeLine),
    "",
    `What:  ${type}`,
    ...(target === null ? [] : [`App:   ${target}`]),
    `By:    ${actor}`,
    `When:  ${at.toISOString()}`,
    "",
    ...(target === null ? [] : [`See more with: berth events -a ${target}`]),
  ].join("\n");
}
