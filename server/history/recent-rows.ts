import type { StoredRow } from '../storage/contract.ts';

/** More is read from the disk again, when its turn comes. */
const mostRows = 20_000;
const mostBytes = 4 * 1024 * 1024;

/** The newest stored rows, so that what comes behind the commit need not read them back. */
export class RecentRows {
  #rows: StoredRow[] = [];
  #next = 0;
  #bytes = 0;

  /** Rows of one commit, after those of the commit before. */
  add(rows: readonly StoredRow[]): void {
    for (const row of rows) {
      this.#rows.push(row);
      this.#bytes += row.bytes.length;
    }
    if (this.#rows.length - this.#next > mostRows || this.#bytes > mostBytes) this.#clear();
  }

  /** The rows right behind a cursor, until they are that many or that many bytes; null when they are not kept. */
  after(cursor: number, most: number, bytes: number): readonly StoredRow[] | null {
    while (this.#rows[this.#next] && this.#rows[this.#next]!.cursor <= cursor) {
      this.#bytes -= this.#rows[this.#next]!.bytes.length;
      this.#next++;
    }
    if (this.#next === this.#rows.length) {
      this.#clear();
      return null;
    }
    if (this.#rows[this.#next]!.cursor !== cursor + 1) return null;
    let end = this.#next;
    for (let left = bytes; end < this.#rows.length && end - this.#next < most && left > 0; end++)
      left -= this.#rows[end]!.bytes.length;
    return this.#rows.slice(this.#next, end);
  }

  #clear(): void {
    this.#rows = [];
    this.#next = this.#bytes = 0;
  }
}
