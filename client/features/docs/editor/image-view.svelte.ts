/* The picture inside the text: shown when its bytes are on this device, a quiet box with words until then. */
import type { NodeViewRenderer } from '@tiptap/core';
import { mount, unmount } from 'svelte';
import ImageView from './ImageView.svelte';
import { inlineImage } from './schema.ts';

/** Turns a stored `src` into one a browser can show. Rejects when the bytes are not on this device (yet). */
export type ResolveImage = (src: string) => Promise<string>;

export class ImageState {
  src = $state('');
  alt = $state('');
  selected = $state(false);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const imageView =
  (resolve: ResolveImage): NodeViewRenderer =>
  ({ node }) => {
    const dom = document.createElement('span');
    dom.className = 'picture';
    const state = new ImageState();
    const read = (attrs: Readonly<Record<string, unknown>>): void => {
      state.src = text(attrs['src']);
      state.alt = text(attrs['alt']);
    };
    read(node.attrs);
    const view = mount(ImageView, { target: dom, props: { state, resolve } });
    return {
      dom,
      update: (next) => {
        if (next.type !== node.type) return false;
        read(next.attrs);
        return true;
      },
      selectNode: () => (state.selected = true),
      deselectNode: () => (state.selected = false),
      stopEvent: (event) => event.target instanceof Element && event.target.closest('button, a') !== null,
      ignoreMutation: () => true,
      destroy: () => void unmount(view),
    };
  };

export const imageOf = (resolve: ResolveImage): typeof inlineImage =>
  inlineImage.extend({
    addNodeView: () => imageView(resolve),
  });
