import { Extension, type Editor, type Range } from '@tiptap/core';
import { PluginKey, type EditorState } from '@tiptap/pm/state';
import { Suggestion } from '@tiptap/suggestion';
import { matchBlockKinds, type BlockKind } from './blocks.ts';
import { t } from './strings.ts';
import { suggestionPopup, type SuggestionItem } from './suggestion-popup.svelte.ts';

interface SlashItem extends SuggestionItem {
  readonly kind: BlockKind;
}

export interface SlashMenuOptions {
  /** Opens the file chooser; the trigger text is gone by then. */
  pickImage: () => void;
}

/** Not inside code, and not in the middle of a Latin word or an address (`and/or`, `https://`). */
function mayStart(state: EditorState, range: Range): boolean {
  const $from = state.doc.resolve(range.from);
  if ($from.parent.type.spec.code) return false;
  const before = $from.parent.textBetween(
    Math.max(0, $from.parentOffset - 1),
    $from.parentOffset,
    undefined,
    '\ufffc',
  );
  return !/[\p{Script=Latin}\p{N}/:.\\]/u.test(before);
}

const items = ({ query }: { query: string }): SlashItem[] =>
  matchBlockKinds(query).map((kind) => ({
    id: kind.id,
    label: kind.label(),
    group: kind.group === 'text' ? t.groupText : t.groupInsert,
    icon: kind.icon,
    kind,
    ...(kind.hint ? { hint: kind.hint } : {}),
  }));

export const SlashMenu = Extension.create<SlashMenuOptions>({
  name: 'slashMenu',
  addOptions: () => ({ pickImage: () => undefined }),
  addProseMirrorPlugins() {
    const { pickImage } = this.options;
    const command = ({ editor, range, props }: { editor: Editor; range: Range; props: SlashItem }): void => {
      const chain = editor.chain().focus().deleteRange(range);
      if (props.kind.apply) props.kind.apply(chain).run();
      else {
        chain.run();
        pickImage();
      }
    };
    const common = {
      editor: this.editor,
      allowedPrefixes: null,
      items,
      command,
      render: suggestionPopup<SlashItem>({ label: () => t.insertMenu, empty: () => t.nothingFound }),
    };
    return [
      Suggestion<SlashItem, SlashItem>({
        ...common,
        pluginKey: new PluginKey('slashMenu'),
        char: '/',
        allow: ({ state, range }) => mayStart(state, range),
      }),
      // The same key under a Chinese keyboard. Within a sentence it is punctuation, so only in an empty block.
      Suggestion<SlashItem, SlashItem>({
        ...common,
        pluginKey: new PluginKey('slashMenuChinese'),
        char: '、',
        allow: ({ state, range }) =>
          state.doc.resolve(range.from).parentOffset === 0 && mayStart(state, range),
      }),
    ];
  },
});
