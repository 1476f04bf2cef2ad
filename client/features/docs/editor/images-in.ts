/* Pictures on their way into the text: pasted, dropped or chosen. */
import { Extension, type Editor } from '@tiptap/core';
import { Plugin, PluginKey } from '@tiptap/pm/state';

export interface ImagesInOptions {
  /** Keeps the bytes on this device and gives the `src` to store. */
  upload: (file: Blob) => Promise<string>;
  /** `kind`: no browser could show this file; `failed`: keeping it did not work. */
  onProblem: (problem: 'kind' | 'failed', name: string) => void;
  onBusy: (busy: boolean) => void;
}

/** What every browser of today shows. SVG is left out: it is a program as much as a picture. */
export const pictureTypes = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'] as const;
export const isPicture = (file: Blob): boolean => (pictureTypes as readonly string[]).includes(file.type);

const nameOf = (file: Blob): string => (file instanceof File ? file.name : '');
const altOf = (file: Blob): string => nameOf(file).replace(/\.[A-Za-z0-9]{1,5}$/, '');

/** Puts the pictures at `position` one after the other; the place follows what others write in the meantime. */
export async function insertImages(
  editor: Editor,
  files: readonly Blob[],
  position: number,
  options: ImagesInOptions,
): Promise<void> {
  let place = editor.utils.createMappablePosition(position);
  const follow = ({
    transaction,
  }: {
    transaction: Parameters<typeof editor.utils.getUpdatedPosition>[1];
  }): void => {
    place = editor.utils.getUpdatedPosition(place, transaction).position;
  };
  editor.on('transaction', follow);
  options.onBusy(true);
  try {
    for (const file of files) {
      if (!isPicture(file)) {
        options.onProblem('kind', nameOf(file));
        continue;
      }
      try {
        const src = await options.upload(file);
        if (editor.isDestroyed) return;
        const at = Math.min(place.position, editor.state.doc.content.size);
        editor
          .chain()
          .insertContentAt(at, { type: 'image', attrs: { src, alt: altOf(file) } })
          .run();
      } catch {
        options.onProblem('failed', nameOf(file));
      }
    }
  } finally {
    editor.off('transaction', follow);
    options.onBusy(false);
  }
}

const filesOf = (data: DataTransfer | null): File[] => [...(data?.files ?? [])];

export const ImagesIn = Extension.create<ImagesInOptions>({
  name: 'imagesIn',
  addOptions: () => ({
    upload: () => Promise.reject(new Error('no place to keep pictures was given')),
    onProblem: () => undefined,
    onBusy: () => undefined,
  }),
  addProseMirrorPlugins() {
    const { editor, options } = this;
    return [
      new Plugin({
        key: new PluginKey('imagesIn'),
        props: {
          handlePaste: (view, event) => {
            const files = filesOf(event.clipboardData);
            // Word processors put a picture of the text beside the text: then the text is what was meant.
            const hasText = event.clipboardData?.types.includes('text/html') === true;
            if (files.length === 0 || (hasText && !files.every(isPicture)) || (hasText && hasWords(event)))
              return false;
            void insertImages(editor, files, view.state.selection.from, options);
            return true;
          },
          handleDrop: (view, event, _slice, moved) => {
            const files = filesOf(event.dataTransfer);
            if (moved || files.length === 0) return false;
            event.preventDefault();
            const place = view.posAtCoords({ left: event.clientX, top: event.clientY });
            void insertImages(editor, files, place?.pos ?? view.state.selection.from, options);
            return true;
          },
        },
      }),
    ];
  },
});

const hasWords = (event: ClipboardEvent): boolean =>
  (event.clipboardData?.getData('text/plain') ?? '').trim() !== '';
