import { ok } from '../../shared/base/result.ts';
import type { Cards } from '../../server/cards/cards.ts';

/** A relay that asks no foreign site. */
export const noCards: Cards = { preview: async () => ok(null), stop: () => {} };
