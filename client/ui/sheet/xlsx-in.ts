/*
 * Reads the first sheet of an XLSX workbook as text: a zip of XML files, of which little is needed. Written by hand
 * because the libraries that do all of it are a megabyte, and this runs on a phone.
 */
import { strFromU8, unzipSync } from 'fflate';

/** Bytes of what is unpacked: a zip may be made to grow without end. */
const largest = 150 * 1024 * 1024;

const wanted =
  /^(xl\/(workbook|styles|sharedStrings)\.xml|xl\/_rels\/workbook\.xml\.rels|xl\/worksheets\/[^/]+\.xml)$/;

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescape = (text: string): string =>
  text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return entities[name] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : '';
    },
  );

const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\s(?:\\w+:)?${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag);
  return found ? unescape(found[1] ?? found[2] ?? '') : undefined;
};

/** Every element of this name, in order: its opening tag and what is between the tags. */
function* elements(xml: string, name: string): Generator<{ tag: string; inside: string }> {
  const opening = new RegExp(`<((?:\\w+:)?${name})(\\s[^>]*?)?(/?)>`, 'g');
  for (let found = opening.exec(xml); found; found = opening.exec(xml)) {
    const [tag, full = name, , closed] = found;
    if (closed === '/') {
      yield { tag, inside: '' };
      continue;
    }
    const from = opening.lastIndex;
    const end = xml.indexOf(`</${full}`, from);
    if (end < 0) return;
    yield { tag, inside: xml.slice(from, end) };
    opening.lastIndex = end;
  }
}

/** The words of a string item: of its runs, without the reading aids that Japanese and Chinese files have. */
function textOf(xml: string): string {
  let text = '';
  for (const { inside } of elements(xml.replace(/<(\w+:)?rPh[\s>][\s\S]*?<\/(\w+:)?rPh>/g, ''), 't'))
    text += unescape(inside);
  return text;
}

/** Styles that show a number as a day, by their position. */
function dateStyles(xml: string): ReadonlySet<number> {
  const formats = new Map<string, string>();
  for (const { tag } of elements(xml, 'numFmt'))
    formats.set(attribute(tag, 'numFmtId') ?? '', attribute(tag, 'formatCode') ?? '');
  const isDate = (id: string): boolean => {
    const code = formats.get(id);
    // Without what stands in quotes and brackets, only days and times have these letters.
    if (code !== undefined) return /[ymdh]/i.test(code.replace(/"[^"]*"|\[[^\]]*\]|\\./g, ''));
    const known = Number(id);
    return (known >= 14 && known <= 22) || (known >= 27 && known <= 36) || (known >= 50 && known <= 58);
  };
  const found = new Set<number>();
  const [all] = elements(xml, 'cellXfs');
  let at = 0;
  for (const { tag } of elements(all?.inside ?? '', 'xf')) {
    if (isDate(attribute(tag, 'numFmtId') ?? '')) found.add(at);
    at++;
  }
  return found;
}

/** Days since the workbook's first day as 2024-03-12. */
function dayOf(days: number, from1904: boolean): string {
  const day = new Date(Date.UTC(1899, 11, 30) + (days + (from1904 ? 1462 : 0)) * 86_400_000);
  return Number.isNaN(day.getTime()) ? '' : day.toISOString().slice(0, 10);
}

const columnOf = (reference: string): number => {
  let column = 0;
  for (const letter of /^[A-Z]+/.exec(reference)?.[0] ?? '') column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
};

/** As people wrote it: long numbers are phone numbers, not powers of ten. */
function numberText(value: string): string {
  const number = Number(value);
  return Number.isInteger(number) && Math.abs(number) < 1e15 ? number.toFixed(0) : value;
}

function firstSheet(files: Readonly<Record<string, Uint8Array>>): string {
  const workbook = strFromU8(files['xl/workbook.xml'] ?? new Uint8Array());
  const [sheet] = elements(workbook, 'sheet');
  const id = sheet && attribute(sheet.tag, 'id');
  for (const { tag } of elements(
    strFromU8(files['xl/_rels/workbook.xml.rels'] ?? new Uint8Array()),
    'Relationship',
  ))
    if (attribute(tag, 'Id') === id) {
      const target = attribute(tag, 'Target') ?? '';
      return target.startsWith('/') ? target.slice(1) : `xl/${target}`;
    }
  return 'xl/worksheets/sheet1.xml';
}

/** Rows of the first sheet, cells as text; null where the file is no workbook. `most`: rows that are read at all. */
export function readXlsx(bytes: Uint8Array, most: number): string[][] | null {
  let files: Record<string, Uint8Array>;
  let size = 0;
  try {
    files = unzipSync(bytes, {
      filter({ name, originalSize }) {
        if (!wanted.test(name)) return false;
        size += originalSize;
        if (size > largest) throw new Error('too large');
        return true;
      },
    });
  } catch {
    return null;
  }
  const sheet = files[firstSheet(files)];
  if (!sheet) return null;
  const part = (name: string): string => strFromU8(files[name] ?? new Uint8Array());
  const shared = [...elements(part('xl/sharedStrings.xml'), 'si')].map(({ inside }) => textOf(inside));
  const days = dateStyles(part('xl/styles.xml'));
  const from1904 = /<(\w+:)?workbookPr[^>]*\sdate1904\s*=\s*["'](1|true)/.test(part('xl/workbook.xml'));

  const cell = (tag: string, inside: string): string => {
    const type = attribute(tag, 't');
    if (type === 'inlineStr') return textOf(inside);
    const [found] = elements(inside, 'v');
    const value = unescape(found?.inside ?? '');
    if (type === 's') return shared[Number(value)] ?? '';
    if (type === 'str' || type === 'd') return value;
    if (type === 'b') return value === '1' ? 'TRUE' : value === '' ? '' : 'FALSE';
    if (type === 'e' || value === '') return '';
    return days.has(Number(attribute(tag, 's'))) ? dayOf(Number(value), from1904) : numberText(value);
  };

  const rows: string[][] = [];
  for (const { tag, inside } of elements(strFromU8(sheet), 'row')) {
    const at = Number(attribute(tag, 'r') ?? rows.length + 1) - 1;
    // Empty rows are left out of files; what is said of row 7 is said of the one people see as 7.
    while (rows.length < at && rows.length <= most) rows.push([]);
    if (rows.length > most) break;
    const cells: string[] = [];
    for (const each of elements(inside, 'c')) {
      const column = columnOf(attribute(each.tag, 'r') ?? '');
      const place = column >= 0 ? column : cells.length;
      if (place > 500) continue;
      while (cells.length < place) cells.push('');
      cells[place] = cell(each.tag, each.inside).trim();
    }
    rows.push(cells);
  }
  return rows;
}
