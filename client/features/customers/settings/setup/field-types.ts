import type { CustomerField } from '../../../../../shared/features/customers/settings-schema.ts';
import { t } from './strings.ts';

export type FieldType = CustomerField['type'];
export const fieldTypes: readonly FieldType[] = ['text', 'number', 'date', 'choice'];

export const typeName = (type: FieldType): string =>
  ({ text: t.typeText, number: t.typeNumber, date: t.typeDate, choice: t.typeChoice })[type];

/** What is written line by line, each once. */
export const choicesIn = (text: string): string[] => [
  ...new Set(
    text
      .split('\n')
      .map((line) => line.trim().slice(0, 60).trim())
      .filter((line) => line !== ''),
  ),
];
