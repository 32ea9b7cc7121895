import { z } from "zod";

/** What a schema of a configuration file says beyond its type, given with `.meta()`. */
export type ConfigMeta = {
  readonly description?: string;
  /** A value as one would write it, for the fix of a mistake. */
  readonly example?: string;
  /** What is wanted, in words, where the type alone does not say it. */
  readonly expects?: string;
  /** A key that is accepted but not used: what Berth does instead. */
  readonly retired?: string;
};

type Layers = { readonly inner: z.core.$ZodType; readonly layers: readonly z.core.$ZodType[] };

/** The object, record, string, … under `optional`, `default`, `prefault`, `nullable` and `pipe`. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return layersOf(schema).inner;
}

/** What is said of a schema; the outermost word counts. */
export function metaOf(schema: z.core.$ZodType): ConfigMeta {
  const found = layersOf(schema).layers.map((layer) => z.globalRegistry.get(layer) ?? {});
  return Object.assign({}, ...found.toReversed());
}

/** The value that an absent key stands for; undefined when there is none. */
export function defaultOf(schema: z.core.$ZodType): unknown {
  const layer = layersOf(schema).layers.find((it) => it instanceof z.ZodDefault);
  return layer instanceof z.ZodDefault ? layer.def.defaultValue : undefined;
}

/** Keys that a schema knows for this value; none for a record, whose keys are names. */
export function knownKeys(schema: z.core.$ZodType, value: unknown): string[] {
  const shape = shapeOf(schema, value);
  return Object.keys(shape ?? {}).filter((key) => !metaOf(shape?.[key] ?? z.any()).retired);
}

/** The schema of what stands at a path of this value. */
export function schemaAt(
  schema: z.core.$ZodType,
  value: unknown,
  path: readonly PropertyKey[],
): z.core.$ZodType | null {
  const [segment, ...rest] = path;
  if (segment === undefined) return schema;
  const child = childOf(schema, value, segment);
  return child && schemaAt(child, valueAt(value, [segment]), rest);
}

export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((found, segment) => {
    const isHolder = typeof found === "object" && found !== null;
    return isHolder && Object.hasOwn(found, segment) ? Reflect.get(found, segment) : undefined;
  }, value);
}

function childOf(
  schema: z.core.$ZodType,
  value: unknown,
  segment: PropertyKey,
): z.core.$ZodType | null {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) return inner.valueType;
  if (inner instanceof z.ZodArray) return inner.element;
  const shape = shapeOf(schema, value);
  return shape && Object.hasOwn(shape, segment) ? (shape[String(segment)] ?? null) : null;
}

function shapeOf(
  schema: z.core.$ZodType,
  value: unknown,
): Readonly<Record<string, z.core.$ZodType>> | null {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return inner.shape;
  if (!(inner instanceof z.ZodDiscriminatedUnion)) return null;
  const option = inner.options.find((it) => {
    if (!(it instanceof z.ZodObject)) return false;
    const discriminator: unknown = it.shape[inner.def.discriminator];
    const wanted = valueAt(value, [inner.def.discriminator]);
    return discriminator instanceof z.ZodLiteral && discriminator.value === wanted;
  });
  return option instanceof z.ZodObject ? option.shape : null;
}

function layersOf(schema: z.core.$ZodType): Layers {
  const under = underneath(schema);
  if (!under) return { inner: schema, layers: [schema] };
  const { inner, layers } = layersOf(under);
  return { inner, layers: [schema, ...layers] };
}

function underneath(schema: z.core.$ZodType): z.core.$ZodType | null {
  if (schema instanceof z.ZodPipe) {
    return schema.def.in instanceof z.ZodTransform ? schema.def.out : schema.def.in;
  }
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return isWrapper ? schema.def.innerType : null;
}
