/* The fields of a customer as pages show them: those that everybody has, then the company's own. */
import { fixedFields, type FixedField } from '../../../../shared/features/customers/customer-schema.ts';
import type { CustomerField, SettingsState } from '../../../../shared/features/customers/settings-schema.ts';
import { fieldsInOrder } from '../settings/place.ts';
import { t } from '../strings.ts';

export interface Field {
  readonly id: string;
  readonly label: string;
  readonly type: CustomerField['type'] | 'tel' | 'email' | 'lines';
  readonly choices: readonly string[];
}

const labels: Readonly<Record<FixedField, () => string>> = {
  name: () => t.name,
  phone: () => t.phone,
  mail: () => t.mail,
  company: () => t.company,
  remark: () => t.remark,
};
const types: Readonly<Record<FixedField, Field['type']>> = {
  name: 'text',
  phone: 'tel',
  mail: 'email',
  company: 'text',
  remark: 'lines',
};

export function fieldsOf(settings: SettingsState): readonly Field[] {
  const fixed = fixedFields.map((id): Field => ({ id, label: labels[id](), type: types[id], choices: [] }));
  const own = fieldsInOrder(settings.fields).map(({ id, name, type, choices = [] }): Field => ({
    id,
    label: name,
    type,
    choices,
  }));
  return [...fixed, ...own];
}
