import { Extension, type Editor, type Range } from '@tiptap/core';
import { PluginKey } from '@tiptap/pm/state';
import { Suggestion } from '@tiptap/suggestion';
import { matchBlockKinds, type BlockKind } from './blocks.ts';
import { t } from './strings.ts';
import { suggestionPopup, type SuggestionItem } from './suggestion-popup.svelte.ts';
import { mayTrigger } from './trigger.ts';

interface SlashItem extends SuggestionItem {
  readonly kind: BlockKind;
}

export interface SlashMenuOptions {
  /** Opens the file chooser; the trigger text is gone by then. */
  pickImage: () => void;
}

/** Not in the middle of a Latin word or an address (`and/or`, `https://`). */
const notAfter = /[\p{Script=Latin}\p{N}/:.\\]/u;

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
        allow: ({ state, range }) => mayTrigger(state, range, notAfter),
      }),
      // The same key under a Chinese keyboard. Within a sentence it is punctuation, so only in an empty block.
      Suggestion<SlashItem, SlashItem>({
        ...common,
        pluginKey: new PluginKey('slashMenuChinese'),
        char: '、',
        allow: ({ state, range }) =>
          state.doc.resolve(range.from).parentOffset === 0 && mayTrigger(state, range, notAfter),
      }),
    ];
  },
});
