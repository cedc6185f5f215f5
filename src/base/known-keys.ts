import { z } from 'zod';

/* As much of JSON Schema (2020-12) as `z.toJSONSchema` writes for schemas of authored files. */
interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: unknown;
  readonly items?: unknown;
  readonly anyOf?: readonly Node[];
  readonly allOf?: readonly Node[];
}

/**
 * The keys that a schema knows at `path`, for suggestions; of a union, those of the alternatives that share the most keys
 * with `value`, the whole of what was written. Empty when the place has no fixed keys.
 */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  let nodes: readonly Node[] = alternatives(z.toJSONSchema(schema) as Node);
  let at: unknown = value;
  for (const step of path) {
    nodes = nodes.flatMap((node) => inside(node, step)).flatMap(alternatives);
    at = member(at, step);
  }
  const written = typeof at === 'object' && at !== null ? Object.keys(at) : [];
  const shared = (node: Node): number => written.filter((key) => Object.hasOwn(node.properties ?? {}, key)).length;
  const most = Math.max(0, ...nodes.map(shared));
  return [
    ...new Set(nodes.filter((node) => shared(node) === most).flatMap((node) => Object.keys(node.properties ?? {}))),
  ];
}

function alternatives(node: Node): readonly Node[] {
  return [node, ...[...(node.anyOf ?? []), ...(node.allOf ?? [])].flatMap(alternatives)];
}

function inside(node: Node, step: PropertyKey): Node[] {
  const property = node.properties && Object.hasOwn(node.properties, step) ? node.properties[String(step)] : undefined;
  const found: unknown = property ?? (typeof step === 'number' ? node.items : node.additionalProperties);
  return typeof found === 'object' && found !== null ? [found] : [];
}

function member(value: unknown, step: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
}
