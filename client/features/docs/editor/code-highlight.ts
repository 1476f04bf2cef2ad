/*
 * Colours for code blocks. Grammars are loaded when the first block that names a language is on the page; a block is
 * coloured again only when it changed, since ProseMirror's nodes never change in place.
 */
import { Extension } from '@tiptap/core';
import type { Node } from '@tiptap/pm/model';
import { Plugin, PluginKey, type EditorState } from '@tiptap/pm/state';
import { Decoration, DecorationSet, type EditorView } from '@tiptap/pm/view';
import { createLowlight } from 'lowlight';

interface Span {
  readonly from: number;
  readonly to: number;
  readonly className: string;
}
type Tree = ReturnType<ReturnType<typeof createLowlight>['highlight']>;
type TreeNode = Tree['children'][number];

/** Colouring a block takes time in proportion to its length; past this it would be felt while typing. */
const longestColoured = 50_000;

const lowlight = createLowlight();
let loading: Promise<void> | null = null;
let loaded = false;

async function loadGrammars(): Promise<void> {
  const { grammars } = await import('./code-languages.ts');
  lowlight.register(grammars);
  loaded = true;
}

function collect(nodes: readonly TreeNode[], classes: string, at: number, spans: Span[]): number {
  let position = at;
  for (const node of nodes) {
    if (node.type === 'text') {
      const end = position + node.value.length;
      if (classes && end > position) spans.push({ from: position, to: end, className: classes });
      position = end;
    } else if (node.type === 'element') {
      const own = node.properties.className;
      const names = Array.isArray(own) ? own.join(' ') : '';
      position = collect(node.children, classes ? `${classes} ${names}` : names, position, spans);
    }
  }
  return position;
}

const spansOfNode = new WeakMap<Node, readonly Span[]>();

function spansOf(block: Node): readonly Span[] {
  const known = spansOfNode.get(block);
  if (known) return known;
  const spans: Span[] = [];
  const language = String(block.attrs['language'] ?? '');
  if (block.textContent.length <= longestColoured && lowlight.registered(language)) {
    collect(lowlight.highlight(language, block.textContent).children, '', 0, spans);
  }
  spansOfNode.set(block, spans);
  return spans;
}

const namesLanguage = (node: Node): boolean =>
  node.type.spec.code === true && Boolean(node.attrs['language']);

function decorate(doc: Node): DecorationSet {
  const decorations: Decoration[] = [];
  if (loaded) {
    doc.descendants((node, position) => {
      if (!node.isTextblock) return true;
      if (namesLanguage(node)) {
        for (const span of spansOf(node)) {
          decorations.push(
            Decoration.inline(position + 1 + span.from, position + 1 + span.to, { class: span.className }),
          );
        }
      }
      return false;
    });
  }
  return DecorationSet.create(doc, decorations);
}

function hasNamedCode(doc: Node): boolean {
  let found = false;
  doc.descendants((node) => {
    if (namesLanguage(node)) found = true;
    return !found && !node.isTextblock;
  });
  return found;
}

const key = new PluginKey<DecorationSet>('codeHighlight');

function loadWhenNeeded(view: EditorView): void {
  if (loaded || !hasNamedCode(view.state.doc)) return;
  loading ??= loadGrammars();
  loading.then(
    () => {
      if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(key, true).setMeta('addToHistory', false));
    },
    () => {
      // The chunk did not come (offline before it was cached): code stays plain and the next change tries again.
      loading = null;
    },
  );
}

export const codeHighlight = Extension.create({
  name: 'codeHighlight',
  addProseMirrorPlugins() {
    return [
      new Plugin<DecorationSet>({
        key,
        state: {
          init: (_config, state: EditorState) => decorate(state.doc),
          apply: (transaction, current, _old, state) =>
            transaction.docChanged || transaction.getMeta(key) === true ? decorate(state.doc) : current,
        },
        props: { decorations: (state) => key.getState(state) },
        view: (view) => {
          let seen: Node | null = null;
          const check = (now: EditorView): void => {
            if (now.state.doc === seen || loaded) return;
            seen = now.state.doc;
            loadWhenNeeded(now);
          };
          check(view);
          return { update: check };
        },
      }),
    ];
  },
});
