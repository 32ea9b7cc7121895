import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";

/** Where a value stands, and how it was written. */
export type YamlPlace = {
  /** 1-based, of the key or the list item. */
  readonly line: number;
  /** 1-based, of the first line of a text's content: below the key for a block of text. */
  readonly contentLine: number;
  /** A number or a boolean as it was typed (`1.10`); any other scalar as its value. */
  readonly source: string;
};

export type YamlText = {
  readonly value: unknown;
  readonly at: (path: readonly PropertyKey[]) => YamlPlace | undefined;
};

/** Text that cannot be taken as one YAML document. */
export class YamlError extends Error {
  override readonly name = "YamlError";
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** Values after anchors are resolved; far beyond any real file, and soon reached by an alias bomb. */
const nodesMax = 100_000;
const depthMax = 50;

/**
 * Parses one YAML 1.2 document to plain values, with the place of each. Anchors, aliases and merge
 * keys (`<<`) are resolved.
 * @throws {YamlError} for text that is not YAML, more than one document, keys that are no plain
 *   word, keys given twice, tags, cycles, and more than 100,000 values.
 */
export function parseYaml(text: string): YamlText {
  const lines = new LineCounter();
  const lineAt: LineAt = (offset) => Math.max(1, lines.linePos(offset ?? 0).line);
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error",
  });
  const [mistake] = [...document.errors, ...document.warnings];
  if (mistake) throw new YamlError(wordsOf(mistake.code, mistake.message), lineAt(mistake.pos[0]));
  const reader = new Reader(document, lineAt);
  const value = reader.read(document.contents, [], lineAt(document.contents?.range?.[0]));
  return { value, at: (path) => reader.places.get(idOf(path)) };
}

/** The core schema of YAML 1.2 knows no others. */
type YamlScalar = string | number | boolean | null;
type LineAt = (offset: number | undefined) => number;

class Reader {
  readonly places = new Map<string, YamlPlace>();
  readonly #document: Document.Parsed;
  readonly #lineAt: LineAt;
  readonly #open = new Set<Node>();
  #nodes = 0;

  constructor(document: Document.Parsed, lineAt: LineAt) {
    this.#document = document;
    this.#lineAt = lineAt;
  }

  read(given: unknown, path: readonly PropertyKey[], line: number): unknown {
    this.#nodes += 1;
    if (this.#nodes > nodesMax) throw new YamlError("it stands for far too many values", line);
    if (path.length > depthMax) throw new YamlError("it is nested too deeply", line);
    if (given === null || given === undefined) return this.#keep(path, line, null);
    const node = this.#resolve(given as Node); // the library types both sides of a pair as unknown
    if (!node) throw new YamlError("an alias names no anchor above it", line);
    if (this.#open.has(node)) throw new YamlError("an alias stands inside its own anchor", line);
    if (isScalar(node)) return this.#scalar(node, path, line);
    this.#keep(path, line, null);
    this.#open.add(node);
    const value = isMap(node) ? this.#map(node, path) : this.#list(node, path);
    this.#open.delete(node);
    return value;
  }

  #resolve(node: Node): Node | undefined {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  #keep(path: readonly PropertyKey[], line: number, value: null): null {
    this.places.set(idOf(path), { line, contentLine: line, source: "" });
    return value;
  }

  #scalar(node: Scalar, path: readonly PropertyKey[], line: number): unknown {
    const isBlock = node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED";
    const start = this.#lineAt(node.range?.[0]);
    const value = node.value as YamlScalar;
    const typed = typeof value === "number" || typeof value === "boolean" ? node.source : undefined;
    this.places.set(idOf(path), {
      line,
      contentLine: isBlock ? start + 1 : start,
      source: typed ?? (value === null ? "" : String(value)),
    });
    return value;
  }

  #list(node: Node, path: readonly PropertyKey[]): unknown[] {
    if (!isSeq(node)) return [];
    return node.items.map((item, index) => {
      const line = this.#lineAt((item as Node | null)?.range?.[0] ?? node.range?.[0]);
      return this.read(item, [...path, index], line);
    });
  }

  #map(node: YAMLMap, path: readonly PropertyKey[]): Record<string, unknown> {
    const own: Record<string, unknown> = {};
    const merged: Record<string, unknown>[] = [];
    for (const pair of node.items) {
      const { key, line } = this.#keyOf(pair, node);
      if (key !== "<<") own[key] = this.read(pair.value, [...path, key], line);
      else merged.push(...this.#merged(pair.value, path, line));
    }
    return Object.assign({}, ...merged.toReversed(), own);
  }

  /** What `<<` brings in: nearest first. */
  #merged(given: unknown, path: readonly PropertyKey[], line: number): Record<string, unknown>[] {
    const value = this.read(given, [...path, "<<"], line);
    const maps = Array.isArray(value) ? value : [value];
    if (maps.every((map) => typeof map === "object" && map !== null && !Array.isArray(map))) {
      return maps;
    }
    throw new YamlError("<< takes an alias of a mapping", line);
  }

  #keyOf(pair: Pair, node: YAMLMap): { key: string; line: number } {
    const key = pair.key;
    const line = this.#lineAt((isScalar(key) ? key : node).range?.[0]);
    if (!isScalar(key) || key.value === null) throw new YamlError("a key is no plain word", line);
    const word = typeof key.value === "string" ? key.value : (key.source ?? "");
    if (word === "__proto__") throw new YamlError("__proto__ cannot be a key", line);
    return { key: word, line };
  }
}

function idOf(path: readonly PropertyKey[]): string {
  return path.map(String).join("\0");
}

/** After a colon the parser quotes the text, which may be a secret. */
function wordsOf(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") return "it holds more than one document";
  if (code === "RESOURCE_EXHAUSTION") return "it is nested too deeply";
  return message.split(":", 1).join();
}
