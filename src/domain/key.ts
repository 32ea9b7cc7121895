/** A public key that may push and run commands. */
export type Key = {
  readonly id: number;
  /** `deploy-laptop`; unique. Names the actor in events. */
  readonly name: string;
  /** `ssh-ed25519` */
  readonly type: string;
  /** Base64, as in an authorized_keys line. */
  readonly blob: string;
  /** `SHA256:…` as ssh-keygen prints it. */
  readonly fingerprint: string;
  /** Whose it is; null for the installation's own, which may do everything. */
  readonly userId: string | null;
  readonly managedBy: string | null;
  readonly createdAt: Date;
};
