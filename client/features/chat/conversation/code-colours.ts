/* Colours for the code in messages. The grammars are a file of their own that the first block with a language loads. */
import type { createLowlight } from 'lowlight';

export interface Coloured {
  readonly text: string;
  readonly className: string | undefined;
}

type Lowlight = ReturnType<typeof createLowlight>;
type TreeNode = ReturnType<Lowlight['highlight']>['children'][number];

/** Colouring takes time in proportion to the length; past this it would be felt. */
const longest = 20_000;

let loading: Promise<Lowlight> | null = null;

async function load(): Promise<Lowlight> {
  const { common, createLowlight } = await import('lowlight');
  return createLowlight(common);
}

function collect(nodes: readonly TreeNode[], className: string | undefined, parts: Coloured[]): void {
  for (const node of nodes) {
    if (node.type === 'text') parts.push({ text: node.value, className });
    else if (node.type === 'element') {
      const own = node.properties.className;
      collect(node.children, Array.isArray(own) ? own.join(' ') : className, parts);
    }
  }
}

/** The code in pieces of one colour; null when there is no grammar for it, or none can be had now. */
export async function coloured(language: string, text: string): Promise<readonly Coloured[] | null> {
  if (language === '' || text.length > longest) return null;
  try {
    loading ??= load();
    const lowlight = await loading;
    if (!lowlight.registered(language)) return null;
    const parts: Coloured[] = [];
    collect(lowlight.highlight(language, text).children, undefined, parts);
    return parts;
  } catch {
    // Offline before it was kept: plain now, and the next block tries again.
    loading = null;
    return null;
  }
}
