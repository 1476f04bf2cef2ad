/** What a Yjs type is called where rules speak of it. `root` is one that nobody has declared, `line` a Y.XmlText. */
export type TypeName = 'root' | 'array' | 'map' | 'text' | 'element' | 'fragment' | 'hook' | 'line';

/** A type that holds things: a root by its name, an element by its node name. */
export interface Holder {
  readonly type: TypeName;
  readonly name: string;
}

/** One thing in a text's document, in a sequence or (with a key) in a map or as an attribute. */
export type Part =
  | { readonly is: 'characters' }
  | { readonly is: 'type'; readonly type: TypeName; readonly name: string }
  | { readonly is: 'mark'; readonly name: string; readonly value: unknown }
  | { readonly is: 'values'; readonly values: readonly unknown[] }
  | { readonly is: 'embed' }
  | { readonly is: 'binary' };

/** Whether a part may stand in a holder. */
export type ContentRule = (holder: Holder, key: string | null, part: Part) => boolean;
