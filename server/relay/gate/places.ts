import * as Y from 'yjs';
import type { Holder, TypeName } from '../../../shared/access/text-content.ts';

/** A type with how deep it lies: a root is 0. */
export interface PlacedHolder extends Holder {
  readonly depth: number;
  /** The type in the loaded document; null for a root, which is found by its name, and for one that is not there yet. */
  readonly loaded: Y.AbstractType<unknown> | null;
}

/** The types by their numbers in an update. */
export const typeNames: readonly TypeName[] = ['array', 'map', 'text', 'element', 'fragment', 'hook', 'line'];

/** Where things of a loaded document stand. What it says of a type never changes, so it is kept with the document. */
export interface Places {
  root(name: string): PlacedHolder;
  /** The holder of an item that is in the document, live or deleted. */
  holderOf(item: Y.Item): PlacedHolder;
  /** The holder that this item is; `gone` when its content was collected, null when it holds nothing. */
  heldBy(item: Y.Item): PlacedHolder | 'gone' | null;
}

export function createPlaces(): Places {
  const roots = new Map<string, PlacedHolder>();
  const known = new WeakMap<object, PlacedHolder>();

  const root = (name: string): PlacedHolder => {
    let found = roots.get(name);
    if (!found) roots.set(name, (found = { type: 'root', name, depth: 0, loaded: null }));
    return found;
  };

  const placed = (type: Y.AbstractType<unknown>): PlacedHolder => {
    const found = known.get(type);
    if (found) return found;
    const item = type._item;
    const holder = item
      ? {
          ...described(type),
          depth: placed(item.parent as Y.AbstractType<unknown>).depth + 1,
          loaded: type,
        }
      : root(Y.findRootTypeKey(type));
    known.set(type, holder);
    return holder;
  };

  return {
    root,
    holderOf: (item) => placed(item.parent as Y.AbstractType<unknown>),
    heldBy(item) {
      const { content } = item;
      if (content instanceof Y.ContentType) return placed(content.type);
      return content instanceof Y.ContentDeleted ? 'gone' : null;
    },
  };
}

function described(type: Y.AbstractType<unknown>): Holder {
  if (type instanceof Y.XmlElement) return { type: 'element', name: type.nodeName };
  if (type instanceof Y.XmlText) return { type: 'line', name: '' };
  if (type instanceof Y.XmlHook) return { type: 'hook', name: type.hookName };
  if (type instanceof Y.XmlFragment) return { type: 'fragment', name: '' };
  if (type instanceof Y.Text) return { type: 'text', name: '' };
  if (type instanceof Y.Map) return { type: 'map', name: '' };
  return { type: 'array', name: '' };
}
