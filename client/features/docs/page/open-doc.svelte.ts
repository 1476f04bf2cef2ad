/* What the side panel knows of the doc beside it. The content pane writes it, the panel reads it; one doc is open at a time. */
import type { OutlineEntry } from '../editor/outline.ts';

class OpenDoc {
  #id = $state<string | null>(null);
  #outline = $state.raw<readonly OutlineEntry[]>([]);
  #jump: (entry: OutlineEntry) => void = () => undefined;

  /** The headings of the doc with this id; none while it is not open. */
  outlineOf(id: string | undefined): readonly OutlineEntry[] {
    return id !== undefined && id === this.#id ? this.#outline : [];
  }

  show(id: string, outline: readonly OutlineEntry[], jump: (entry: OutlineEntry) => void): void {
    this.#id = id;
    this.#outline = outline;
    this.#jump = jump;
  }

  jumpTo(entry: OutlineEntry): void {
    this.#jump(entry);
  }

  leave(id: string): void {
    if (this.#id !== id) return;
    this.#id = null;
    this.#outline = [];
  }
}

export const openDoc = new OpenDoc();
