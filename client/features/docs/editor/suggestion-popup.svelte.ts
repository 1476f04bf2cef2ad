/*
 * The list under the caret for `/` and `@`. ProseMirror keeps the focus in the text, so the list is announced the way a
 * combobox announces its options: by aria-activedescendant on the editor.
 */
import type { SuggestionKeyDownProps, SuggestionOptions, SuggestionProps } from '@tiptap/suggestion';
import type { Component } from 'svelte';
import { mount, unmount } from 'svelte';
import SuggestionList from './SuggestionList.svelte';

export interface SuggestionItem {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly group?: string;
  readonly icon?: Component;
}

/** What the list shows; one object per opening of the popup. */
export class SuggestionState<Item extends SuggestionItem> {
  items: readonly Item[] = $state.raw([]);
  index = $state(0);
  readonly id: string;
  readonly label: string;
  readonly empty: string;
  choose: (item: Item) => void = () => undefined;

  constructor(id: string, label: string, empty: string) {
    this.id = id;
    this.label = label;
    this.empty = empty;
  }

  optionId(index: number): string {
    return `${this.id}-${index}`;
  }

  move(by: number): void {
    const count = this.items.length;
    if (count > 0) this.index = (this.index + by + count) % count;
  }
}

let opened = 0;

/** `render` for tiptap's Suggestion. The texts are asked for at each opening, so they are in the language of that moment. */
export function suggestionPopup<Item extends SuggestionItem>(texts: {
  label: () => string;
  empty: () => string;
}): NonNullable<SuggestionOptions<Item, Item>['render']> {
  return () => {
    let state: SuggestionState<Item> | null = null;
    let element: HTMLElement | null = null;
    let list: ReturnType<typeof mount> | null = null;
    let detach: (() => void) | null = null;
    let editable: HTMLElement | null = null;

    const announce = (): void => {
      if (!editable) return;
      if (state && state.items.length > 0) {
        editable.setAttribute('aria-controls', state.id);
        editable.setAttribute('aria-activedescendant', state.optionId(state.index));
      } else {
        editable.removeAttribute('aria-controls');
        editable.removeAttribute('aria-activedescendant');
      }
    };
    const show = (props: SuggestionProps<Item, Item>): void => {
      if (!state) return;
      state.items = props.items;
      state.index = 0;
      state.choose = props.command;
      announce();
    };
    const close = (): void => {
      detach?.();
      if (list) void unmount(list);
      element?.remove();
      state = null;
      announce();
      detach = element = list = null;
    };

    return {
      onStart: (props) => {
        close();
        opened += 1;
        state = new SuggestionState<Item>(`suggestions-${opened}`, texts.label(), texts.empty());
        element = document.createElement('div');
        element.className = 'editor-suggestions';
        editable = props.editor.view.dom;
        list = mount(SuggestionList, {
          target: element,
          props: { state: state as unknown as SuggestionState<SuggestionItem> },
        });
        show(props);
        detach = props.mount(element);
      },
      onUpdate: show,
      onExit: close,
      onKeyDown: ({ event }: SuggestionKeyDownProps) => {
        if (!state || event.isComposing) return false;
        if (event.key === 'ArrowDown') state.move(1);
        else if (event.key === 'ArrowUp') state.move(-1);
        else if (event.key === 'Enter' || event.key === 'Tab') {
          const item = state.items[state.index];
          if (!item) return false;
          state.choose(item);
          return true;
        } else return false;
        announce();
        return true;
      },
    };
  };
}
