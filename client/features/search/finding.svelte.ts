/* What the index found for the question on the page, asked again as long as there may be more. */
import type { FoundKind, Hit, WorkspaceData } from '../../data/api.ts';
import { queryOf, type Question } from './asked.ts';

export interface Found {
  readonly hits: readonly Hit[];
  readonly more: boolean;
  /** The question that this answers: what is on the page may be older by a moment. */
  readonly question: Question;
}

/** Between keys, so that each letter does not cost a search. Milliseconds. */
const typing = 60;

export class Finding {
  readonly #data: WorkspaceData;
  readonly #asker = crypto.randomUUID();
  #found: Readonly<Record<FoundKind, Found | null>> = $state.raw({ message: null, file: null, doc: null });
  /** Messages on this device that cannot be found yet. */
  left = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  constructor(data: WorkspaceData) {
    this.#data = data;
  }

  /** `limits`: how many of each kind; a kind without one is not searched. */
  ask(question: Question, limits: Partial<Record<FoundKind, number>>): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    const turn = this.#turn;
    this.#timer = setTimeout(() => void this.#find(question, limits, turn), typing);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
  }

  async #find(question: Question, limits: Partial<Record<FoundKind, number>>, turn: number): Promise<void> {
    const kinds = Object.keys(limits) as FoundKind[];
    await Promise.all(
      kinds.map(async (kind) => {
        const query = queryOf(this.#data, kind, question, limits[kind]!);
        const result = await this.#data.search.find(query, `${this.#asker} ${kind}`);
        if (turn !== this.#turn || !result) return;
        this.#found = { ...this.#found, [kind]: { hits: result.hits, more: result.more, question } };
        this.left = result.left;
      }),
    );
  }

  of(kind: FoundKind): Found | null {
    return this.#found[kind];
  }
}
