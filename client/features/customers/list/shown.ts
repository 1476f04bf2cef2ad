/* The customers that list, board and table show. */
import { stagesOf } from '../../../../shared/features/customers/settings-schema.ts';
import type { CustomerLine, WorkspaceData } from '../../../data/api.ts';
import { now } from '../../../i18n/clock.svelte.ts';
import { customerName, personName } from '../customers.ts';
import { arrange } from './arrange.ts';
import { wishes } from './wishes.svelte.ts';

const none: readonly CustomerLine[] = [];

/** Reactive: in the order and as narrowed as this person wants them. */
export const shownOf = (data: WorkspaceData): readonly CustomerLine[] =>
  arrange({
    lines: data.customerLines ?? none,
    filter: wishes.filter,
    stages: stagesOf(data.customerSettings),
    text: wishes.text,
    view: wishes.view,
    order: wishes.order,
    backwards: wishes.backwards,
    now: now(),
    nameOf: customerName,
    ownerOf: ({ owner }) => personName(data, owner),
  });
