import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** A device that holds one passkey, as a browser would speak to it. */
export type Authenticator = {
  readonly register: (options: { challenge: string }, origin: string) => object;
  readonly prove: (options: { challenge: string }, origin: string) => object;
};

/** @see https://www.w3.org/TR/webauthn-3/ sections 6.1 and 6.5 */
export function createAuthenticator(rpId: string): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const id = randomBytes(32);
  let counter = 0;
  const authData = (withKey: boolean): Buffer => {
    const count = Buffer.alloc(4);
    count.writeUInt32BE((counter += 1));
    // User present and verified; with the key in it, or not.
    const flags = Buffer.from([withKey ? 0x45 : 0x05]);
    const site = Buffer.concat([sha256(rpId), flags, count]);
    if (!withKey) return site;
    const { x = "", y = "" } = publicKey.export({ format: "jwk" });
    const length = Buffer.from([0, id.length]);
    // kty: EC2, alg: ES256, crv: P-256
    const key = cborMap([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, "base64url")],
      [-3, Buffer.from(y, "base64url")],
    ]);
    return Buffer.concat([site, Buffer.alloc(16), length, id, key]);
  };
  const clientData = (type: string, challenge: string, origin: string): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const answer = (response: Record<string, Buffer>): object => ({
    id: id.toString("base64url"),
    rawId: id.toString("base64url"),
    type: "public-key",
    clientExtensionResults: {},
    response: Object.fromEntries(
      Object.entries(response).map(([name, bytes]) => [name, bytes.toString("base64url")]),
    ),
  });
  return {
    register: ({ challenge }, origin) => {
      const attestationObject = cborMap([
        ["fmt", "none"],
        ["attStmt", []],
        ["authData", authData(true)],
      ]);
      const clientDataJSON = clientData("webauthn.create", challenge, origin);
      return answer({ clientDataJSON, attestationObject });
    },
    prove: ({ challenge }, origin) => {
      const clientDataJSON = clientData("webauthn.get", challenge, origin);
      const authenticatorData = authData(false);
      const signed = Buffer.concat([authenticatorData, sha256(clientDataJSON)]);
      const signature = sign("sha256", signed, privateKey);
      return answer({ clientDataJSON, authenticatorData, signature });
    },
  };
}

function sha256(data: string | Buffer): Buffer {
  return createHash("sha256").update(data).digest();
}

type CborValue = number | string | Buffer | readonly never[];

/** As much of CBOR as an authenticator says; an empty list stands for an empty map. @see RFC 8949 */
function cborMap(entries: readonly (readonly [CborValue, CborValue])[]): Buffer {
  return Buffer.concat([head(5, entries.length), ...entries.flat().map(cborOf)]);
}

function cborOf(value: CborValue): Buffer {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([head(3, text.length), text]);
  }
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return head(5, 0);
}

function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  return Buffer.from([(major << 5) | 24, value]);
}
