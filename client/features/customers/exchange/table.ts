/* Customers as a table that can be imported again. */
import { valueOf } from '../../../../shared/features/customers/customer.ts';
import type { CustomerRow, WorkspaceData } from '../../../data/api.ts';
import { customerName, personName, stageName, stageOf, tagNames } from '../customers.ts';
import { fieldsOf } from '../file/fields.ts';
import { t as common } from '../strings.ts';
import { t } from './strings.ts';

/** Spreadsheet programs read it as a time; in the clock of whoever exports. */
function moment(at: number | null): string {
  if (at === null) return '';
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16).replace('T', ' ');
}

export function customersTable(data: WorkspaceData, rows: readonly CustomerRow[]): string[][] {
  const settings = data.customerSettings;
  const fields = fieldsOf(settings);
  const tags = tagNames(settings);
  const head = [
    ...fields.map(({ label }) => label),
    ...[common.tags, common.stage, t.source, common.owner, common.helper, common.since],
    ...[common.next, t.nextText, t.lastFollowUp, common.followUps],
  ];
  const lines = rows.map((row) => {
    const { state } = row;
    const people = state.helpers.map((id) => personName(data, id));
    return [
      ...fields.map(({ id }) => (id === 'name' ? customerName(row) : valueOf(state, id))),
      state.tags
        .map((id) => tags.get(id) ?? '')
        .filter((name) => name !== '')
        .join('; '),
      stageName(stageOf(state, settings)),
      state.source,
      state.owner === null ? '' : personName(data, state.owner),
      people.join('; '),
      moment(state.begun?.at ?? null),
      ...[moment(state.next?.at ?? null), state.next?.text ?? '', state.lastFollowUp?.text ?? ''],
      String(state.followUps),
    ];
  });
  return [head, ...lines];
}
