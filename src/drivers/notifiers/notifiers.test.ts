import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { SMTPServer } from "smtp-server";
import { HostSettings } from "#domain/host-config.ts";
import type { NotificationEvent } from "#domain/notification.ts";
import { Secret } from "#domain/secret.ts";
import { createOutboundGuard } from "#lib/outbound.ts";
import { moment } from "../../../test/factories.ts";
import { hostileTexts, isHarmless } from "../../../test/hostile-text.ts";
import { temporaryFolder } from "../../../test/machine.ts";
import { createMailNotifier } from "./mail.ts";
import { createChatNotifier, createWebhookNotifier } from "./webhook.ts";

const loopback = createOutboundGuard(() => ["127.0.0.1"]);
const closed = createOutboundGuard(() => []);
const signingSecret = Secret.of(`whsec_${Buffer.from("a key of many bytes").toString("base64")}`);

const event: NotificationEvent = {
  at: moment,
  type: "deploy.failed",
  target: "shop",
  actor: "ann",
  message: "It broke: <!channel> & more.",
};

test("a webhook is signed over its id, its time and its body", async () => {
  await using receiver = await startReceiver();
  const to = { address: Secret.of(receiver.url), signingSecret };
  await createWebhookNotifier(loopback).send(to, { id: "d1", event });
  const [{ headers, body } = { headers: {} as IncomingHttpHeaders, body: "" }] = receiver.requests;
  assert.deepEqual(JSON.parse(body), { id: "d1", ...event, at: moment.toISOString() });
  const signed = `d1.${String(headers["webhook-timestamp"])}.${body}`;
  const key = Buffer.from("a key of many bytes");
  const signature = createHmac("sha256", key).update(signed).digest("base64");
  assert.equal(headers["webhook-signature"], `v1,${signature}`);
  assert.equal(headers["webhook-id"], "d1");
  const age = Date.parse(new Date().toISOString()) / 1000 - Number(headers["webhook-timestamp"]);
  assert.ok(age >= 0 && age < 60, `${age}`);
});

test("a chat gets one sentence, in which nothing calls everybody", async () => {
  await using receiver = await startReceiver();
  const to = { address: Secret.of(receiver.url), signingSecret: null };
  await createChatNotifier(loopback).send(to, { id: "d1", event });
  assert.deepEqual(JSON.parse(receiver.requests[0]?.body ?? ""), {
    text: "shop: It broke: &lt;!channel&gt; &amp; more. (ann) [deploy.failed]",
    content: "shop: It broke: <!channel> & more. (ann) [deploy.failed]",
    allowed_mentions: { parse: [] },
  });
});

test("what is not answered with 2xx was not taken; a redirect is not followed", async () => {
  await using receiver = await startReceiver();
  const send = (path: string) =>
    createWebhookNotifier(loopback).send(
      { address: Secret.of(receiver.url + path), signingSecret },
      { id: "d1", event },
    );
  await assert.rejects(send("/500"), { message: "it answered with status 500" });
  await assert.rejects(send("/302"), { message: "it answered with status 302" });
  assert.equal(receiver.requests.length, 2);
});

test("addresses inside the machine are refused when they are added, and when they are sent to", async () => {
  await using receiver = await startReceiver();
  const notifier = createWebhookNotifier(closed);
  const code = { code: "address_refused" };
  assert.throws(() => notifier.check(receiver.url), code);
  assert.throws(() => notifier.check("http://169.254.169.254/latest/meta-data"), code);
  notifier.check("https://hooks.example.com/x");
  for (const wrong of ["ftp://a.test", "https://user:pw@a.test/", "a.test", "file:///etc/passwd"]) {
    assert.throws(() => notifier.check(wrong), { code: "invalid_input" }, wrong);
  }
  assert.throws(() => notifier.check("x"), /use an http:\/\/ or https:\/\/ URL/);
  assert.throws(() => notifier.check("https://"), /names no host, as https:\/\/example\.com\/hook/);
  const to = { address: Secret.of(receiver.url.replace("127.0.0.1", "localhost")), signingSecret };
  await assert.rejects(notifier.send(to, { id: "d1", event }), /inside this machine/);
  assert.equal(receiver.requests.length, 0);
});

test("a mail reaches an SMTP server, with its account, and no header can be slipped in", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "password"), "s3cret\n");
  await using server = await startSmtp();
  const mail = { host: "127.0.0.1", port: server.port, security: "none" as const };
  const account = { user: "berth", passwordFile: "password", from: "berth@example.com" };
  const settings = HostSettings.parse({ mail: { ...mail, ...account } }).mail;
  const notifier = createMailNotifier(() => settings, folder.path);
  const address = Secret.of("ops@example.com");
  notifier.check(address.reveal());
  const message = "It broke\r\nBcc: evil@example.com\r\n\r\nand more";
  await notifier.send({ address, signingSecret: null }, { id: "d1", event: { ...event, message } });
  const [taken] = server.mails;
  assert.deepEqual(taken?.to, ["ops@example.com"]);
  assert.equal(taken?.account, "berth s3cret");
  const [head = "", ...rest] = (taken?.text ?? "").split("\r\n\r\n");
  assert.match(head, /^Subject: shop: It broke$/m);
  assert.match(head, /^Message-ID: <d1@example.com>$/m);
  assert.doesNotMatch(head, /Bcc/i);
  assert.match(rest.join("\n"), /What: +deploy\.failed/);
});

test("whatever an event says is text in a mail, a chat and a webhook", async () => {
  await using server = await startSmtp();
  await using receiver = await startReceiver();
  const mail = {
    host: "127.0.0.1",
    port: server.port,
    security: "none",
    from: "berth@example.com",
  };
  const settings = HostSettings.parse({ mail }).mail;
  const mailer = createMailNotifier(() => settings, "/");
  const [chat, webhook] = [createChatNotifier(loopback), createWebhookNotifier(loopback)];
  for (const message of hostileTexts) {
    const delivery = { id: "d1", event: { ...event, message } };
    await mailer.send({ address: Secret.of("ops@example.com"), signingSecret: null }, delivery);
    const to = { address: Secret.of(receiver.url), signingSecret };
    await chat.send(to, delivery);
    await webhook.send(to, delivery);
    const [head = "", body = ""] = (server.mails.at(-1)?.text ?? "").split("\r\n\r\n", 2);
    const names = head.split(/\r\n(?![ \t])/).map((line) => line.split(":", 1)[0]);
    assert.deepEqual(names, mailHeaders);
    assert.ok(head.length < 1500 && isHarmless(head.replaceAll("\r\n", "")));
    // Plain, quoted-printable or base64, each of which hides nothing in a line of its own.
    assert.ok(isHarmless(body.replaceAll("\r", "")) && !body.includes("=1B"));
    const [said, posted] = receiver.requests.splice(0).map((it) => JSON.parse(it.body));
    assert.ok(isHarmless(said.text) && isHarmless(said.content) && !said.text.includes("<"));
    assert.equal(posted.message, message, "as data it is whole");
  }
});

const mailHeaders = [
  "Auto-Submitted",
  "From",
  "To",
  "Subject",
  "Message-ID",
  "Content-Transfer-Encoding",
  "Date",
  "MIME-Version",
  "Content-Type",
];

test("mail that is not set up is refused with what to set, and so is what is no address", () => {
  const none = createMailNotifier(() => HostSettings.parse({}).mail, "/");
  assert.throws(() => none.check("ops@example.com"), { code: "mail_not_set_up" });
  for (const wrong of ["ops", "a@b.c\nBcc: x@y.z", "<ops@example.com>"]) {
    assert.throws(() => none.check(wrong), { code: "invalid_input" }, wrong);
  }
});

async function startReceiver() {
  const requests: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      requests.push({ headers: request.headers, body });
      const status = Number(request.url?.slice(1)) || 200;
      response.writeHead(status, { location: "/elsewhere" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    requests,
    // A server that listens on TCP has an address with a port.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function startSmtp() {
  const mails: { to: string[]; account: unknown; text: string }[] = [];
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    authOptional: true,
    onAuth: ({ username, password }, _session, done) =>
      done(null, { user: `${username} ${password}` }),
    onData: (stream, { envelope, user }, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.once("end", () => {
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, account: user, text: Buffer.concat(chunks).toString() });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    mails,
    // As above.
    port: (server.server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
