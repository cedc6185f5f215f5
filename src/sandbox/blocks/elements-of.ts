import type { Ids } from '../../base/ids.ts';
import { isObject, type JsonObject, objectsOf } from '../json.ts';

/** The elements of a block that a person can act on. */
export function elementsOf(block: JsonObject): readonly JsonObject[] {
  if (block['type'] === 'actions') return objectsOf(block['elements']);
  const single = block['type'] === 'section' ? block['accessory'] : block['element'];
  return isObject(single) && single['type'] !== 'image' ? [single] : [];
}

/** An element and the block that it is in. */
export interface Located {
  readonly block: JsonObject;
  readonly element: JsonObject;
}

/** Finds an element by its action_id, and by its block_id when that is given. */
export function findElement(
  blocks: readonly JsonObject[],
  wanted: { readonly actionId: string; readonly blockId: string | undefined },
): Located | undefined {
  for (const block of blocks) {
    if (wanted.blockId !== undefined && block['block_id'] !== wanted.blockId) continue;
    const element = elementsOf(block).find((candidate) => candidate['action_id'] === wanted.actionId);
    if (element !== undefined) return { block, element };
  }
  return undefined;
}

/** Gives every block a block_id and every element an action_id, as Slack does for those that were sent without. */
export function fillIds(blocks: readonly JsonObject[], ids: Ids): readonly JsonObject[] {
  const fresh = (): string => ids.nonce().slice(0, 6);
  const named = (element: unknown): unknown =>
    isObject(element) && element['type'] !== 'image' && element['action_id'] === undefined
      ? { ...element, action_id: fresh() }
      : element;
  return blocks.map((block) => ({
    ...block,
    block_id: block['block_id'] ?? fresh(),
    ...(block['type'] === 'actions' && { elements: objectsOf(block['elements']).map(named) }),
    ...(block['accessory'] !== undefined && { accessory: named(block['accessory']) }),
    ...(block['element'] !== undefined && { element: named(block['element']) }),
  }));
}
