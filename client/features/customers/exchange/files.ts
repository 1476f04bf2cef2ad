/* Names and forms of the files that customers go out as. */
import { csvFile } from '../../../ui/csv.ts';
import { saveFile } from '../../../ui/save-file.ts';
import { writeXlsx } from '../../../ui/sheet/xlsx-out.ts';
import { t } from './strings.ts';

const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

export function fileName(company: string, ending: string): string {
  const day = new Date().toISOString().slice(0, 10);
  return `${(company || 'Weft').replace(/[\\/:*?"<>|]/g, ' ')} ${t.fileName} ${day}.${ending}`;
}

/** Cells are texts in both, so that nothing that a customer wrote is computed where it is opened. */
export function saveTable(company: string, as: 'csv' | 'xlsx', rows: readonly (readonly string[])[]): void {
  const file =
    as === 'csv'
      ? new Blob([csvFile(rows)], { type: 'text/csv' })
      : new Blob([writeXlsx(t.fileName, rows)], { type: xlsxType });
  saveFile(file, fileName(company, as));
}
