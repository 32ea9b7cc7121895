const hidden = "[secret]";

/** A value that never prints: whatever writes it out gets `[secret]`, and only `reveal` opens it. */
export class Secret {
  /** Tells secrets apart without opening them; a new value gets a new one. */
  readonly id: string;
  readonly #open: () => string;

  private constructor(id: string, open: () => string) {
    this.id = id;
    this.#open = open;
  }

  static of(value: string): Secret {
    return new Secret(crypto.randomUUID(), () => value);
  }

  /** One that is kept sealed, and is opened only when it is asked for. */
  static sealed(id: string, open: () => string): Secret {
    return new Secret(id, open);
  }

  /** @throws {PlatformError} `secret_unreadable` */
  reveal(): string {
    return this.#open();
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return hidden;
  }
}
