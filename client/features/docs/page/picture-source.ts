import type { RoomId } from '../../../../shared/base/ids.ts';
import type { WorkspaceData } from '../../../data/api.ts';

const scheme = 'weft-blob:';
export const srcOfHash = (hash: string): string => scheme + hash;

/** The pictures of one open doc, as addresses a browser can show; `close` gives the memory back. */
export class PictureSource {
  readonly #data: WorkspaceData;
  readonly #room: RoomId;
  readonly #urls = new Map<string, Promise<string>>();

  constructor(data: WorkspaceData, room: RoomId) {
    this.#data = data;
    this.#room = room;
  }

  async keep(file: Blob): Promise<string> {
    return srcOfHash(await this.#data.putBlob(this.#room, file));
  }

  /** Rejects for what is not here: a picture not fetched yet, or one that is elsewhere on the web. */
  resolve(src: string): Promise<string> {
    if (!src.startsWith(scheme)) return Promise.reject(new Error('not a stored picture'));
    let url = this.#urls.get(src);
    if (!url) {
      url = this.#load(src.slice(scheme.length));
      this.#urls.set(src, url);
      // The next one who asks tries again.
      url.catch(() => this.#urls.delete(src));
    }
    return url;
  }

  close(): void {
    for (const url of this.#urls.values())
      void url.then(
        (made) => URL.revokeObjectURL(made),
        () => undefined,
      );
    this.#urls.clear();
  }

  async #load(hash: string): Promise<string> {
    const blob = await this.#data.getBlob(this.#room, hash);
    if (!blob) throw new Error('the picture is not on this device');
    return URL.createObjectURL(blob);
  }
}
