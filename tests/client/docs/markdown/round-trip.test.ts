import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import {
  docToMarkdown,
  readMarkdown,
  writeContent,
} from '../../../../client/features/docs/markdown/index.ts';

const textOf = (doc: Y.Doc): string => {
  const out: string[] = [];
  const walk = (type: Y.XmlFragment): void => {
    for (const child of type.toArray()) {
      if (child instanceof Y.XmlText) {
        for (const part of child.toDelta() as {
          insert: string;
          attributes?: { link?: { href: string; title?: string } };
        }[]) {
          out.push(part.insert, part.attributes?.link?.href ?? '', part.attributes?.link?.title ?? '');
        }
      } else if (child instanceof Y.XmlElement) {
        out.push(String(child.getAttribute('src') ?? ''), String(child.getAttribute('alt') ?? ''));
        walk(child);
        out.push('\n');
      }
    }
  };
  walk(doc.getXmlFragment('content'));
  return out.join('');
};

function imported(source: string): { doc: Y.Doc; title: string } {
  const { title, blocks } = readMarkdown(source);
  const doc = new Y.Doc();
  writeContent(doc, blocks);
  return { doc, title: title ?? '' };
}

function roundTrip(source: string): { markdown: string; text: string } {
  const { doc, title } = imported(source);
  return { markdown: docToMarkdown(doc, { title }).markdown, text: `${title}\n${textOf(doc)}` };
}

const letters = (text: string): string[] => text.match(/[\p{L}\p{N}]/gu) ?? [];

/** Letters and digits of the source that the document has not, or not so often; `syntax` says which only were signs. */
function lostLetters(source: string, text: string, syntax: string): string {
  const left = new Map<string, number>();
  for (const letter of letters(text + syntax)) left.set(letter, (left.get(letter) ?? 0) + 1);
  return letters(source)
    .filter((letter) => {
      const count = left.get(letter) ?? 0;
      left.set(letter, count - 1);
      return count <= 0;
    })
    .join('');
}

const corpus: Readonly<Record<string, { source: string; syntax?: string }>> = {
  'plain English': { source: 'One line.\nThe next line.\n\nA second paragraph with 3.5 < 4 & more.\n' },
  'plain Chinese': { source: '第一段，两行\n连在一起。\n\n　　首行缩进的第二段：价格 <100 元 & 含税。\n' },
  emphasis: {
    source: 'a **bold** b *italic* c ***both*** d ~~gone~~ e __b__ f _i_ snake_case_name 2*3*4 **a**b\n',
  },
  'Chinese emphasis': { source: '**注意：**下午三点。这是**“重点”**内容，*斜体*字，~~删掉~~了。\n' },
  'nested lists': {
    source:
      '- a\n  - b\n    1. c\n    2. d\n       - e\n\n         para in e\n- f\n\n1) x\n2) y\n\n- z\n\n* other list\n',
    syntax: '1212',
  },
  'task lists': { source: '- [ ] 打开\n- [x] done **now**\n- plain\n  - [X] nested\n', syntax: 'xX' },
  table: {
    source:
      '| 名称 | n |\n| :--- | ---: |\n| a \\| b | `x \\| y` |\n| **粗** | [l](https://e.com/a_b) |\n| | |\n',
  },
  'table beside text': { source: 'before\n\n| a |\n| - |\n| b |\n\nafter | with | pipes\n' },
  'code with backticks': {
    source:
      '````md\n```js\nconst a = `x`;\n```\n````\n\n``a`b`` and `` ` `` and `c  d`\n\n    indented\n\n    code\n\n```\nno language\n\n\n```\n',
    syntax: 'md js',
  },
  'links with brackets': {
    source:
      '[a [b] c](https://e.com/x_(y)) [文档](<a b.md> "标题") <https://e.com/q?a=1&b=2> https://e.com/bare_url. ![p [1]](i/a.png)\n',
  },
  'html-ish text': {
    source:
      '<div class="x">a &amp; b</div>\n\n1 <b>bold</b> 2<br>3 <u>under</u> <script>alert(1)</script> <!-- note -->\n',
    syntax: 'b b br u u amp',
  },
  'signs that are no syntax': {
    source:
      '\\# a\n\n1\\. b\n\n\\- c\n\n\\> d\n\n\\*e\\* \\_f\\_ \\`g\\` \\[h\\]\\(i\\) \\!\\[j\\]\n\na \\\nb\n\n+1 -1 =\n',
  },
  quotes: { source: '> a\n> > b\n>\n> - c\n\n> second quote\n' },
  'CRLF and a BOM': {
    source: '\uFEFF# Title\r\n\r\nline one\r\nline two\r\n\r\n- a\r\n- b\r\n\r\n```\r\ncode\r\n```\r\n',
  },
  headings: {
    source:
      '# One\n\n## Two #\n\nThree\n===\n\n#### Four\n\n##### 五\n\n###### Six `code` #\n\n#no heading\n',
  },
  'unsafe links': {
    source:
      '[a](javascript:alert(1)) [b](data:text/html,x) [c](vbscript:x) [d](mailto:a@b.c) [e](tel:+123)\n',
  },
  'empty things': { source: '-\n- \n\n>\n\n```\n```\n\n| |\n|-|\n\n# \n' },
};

describe('Markdown round trip', () => {
  for (const [name, { source, syntax = '' }] of Object.entries(corpus)) {
    test(`${name}: no text is lost and the second round changes nothing`, () => {
      const first = roundTrip(source);
      expect(lostLetters(source, first.text, syntax)).toBe('');
      expect(roundTrip(first.markdown)).toEqual(first);
    });
  }

  test('a huge file is read and written within seconds', () => {
    const part = Object.values(corpus)
      .map(({ source }) => source.replace(/^\uFEFF/, ''))
      .join('\n\n');
    const source = part.repeat(Math.ceil(500_000 / part.length));
    const first = roundTrip(source);
    expect(roundTrip(first.markdown).markdown).toBe(first.markdown);
  }, 60_000);

  test('random texts keep their characters', () => {
    const seed = Date.now() % 1_000_000;
    let state = seed;
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state % below;
    };
    const alphabet = [
      ...'ab 中文，。*_`~[]()<>!#-+=|\\&;:.1\n',
      '**',
      '\n\n',
      '- ',
      '1. ',
      '> ',
      '```\n',
      '[x](y)',
      '&lt;',
    ];
    for (let round = 0; round < 300; round += 1) {
      const source = Array.from(
        { length: 1 + random(60) },
        () => alphabet[random(alphabet.length)] ?? '',
      ).join('');
      const first = roundTrip(source);
      const second = roundTrip(first.markdown);
      expect(letters(second.text).join(''), `seed ${seed}, round ${round}: ${JSON.stringify(source)}`).toBe(
        letters(first.text).join(''),
      );
    }
  });
});

test('bold next to Chinese punctuation is written so that every Markdown reader sees it', () => {
  expect(roundTrip('**注意：**下午').markdown).toBe('<strong>注意：</strong>下午\n');
  expect(roundTrip('**注意** 下午').markdown).toBe('**注意** 下午\n');
});

test('a mention becomes @Name', () => {
  const doc = new Y.Doc();
  writeContent(doc, [
    {
      type: 'paragraph',
      content: [
        { type: 'text', text: 'ask ' },
        { type: 'mention', attrs: { id: 'm1', label: '李明' } },
      ],
    },
  ]);
  expect(docToMarkdown(doc).markdown).toBe('ask @李明\n');
});

test('pictures are named once each and their paths are the caller’s', () => {
  const doc = new Y.Doc();
  const image = (src: string) => ({ type: 'image', attrs: { src, alt: 'a' } });
  writeContent(doc, [
    {
      type: 'paragraph',
      content: [image('weft-blob:aa'), image('weft-blob:aa'), image('https://e.com/x.png')],
    },
  ]);
  const { markdown, blobs } = docToMarkdown(doc, { picturePath: (hash) => `images/${hash}.png` });
  expect(blobs).toEqual(['aa']);
  expect(markdown).toBe('![a](images/aa.png)![a](images/aa.png)![a](https://e.com/x.png)\n');
});

test('a doc that has content is never seeded again', () => {
  const { doc } = imported('a');
  expect(() => writeContent(doc, [{ type: 'paragraph' }])).toThrow('already has content');
  expect(docToMarkdown(doc).markdown).toBe('a\n');
});

test('nodes this version does not know still give their text', () => {
  const doc = new Y.Doc();
  const unknown = new Y.XmlElement('callout');
  const text = new Y.XmlText();
  text.insert(0, 'kept words');
  unknown.insert(0, [text]);
  doc.getXmlFragment('content').insert(0, [unknown]);
  expect(docToMarkdown(doc).markdown).toBe('kept words\n');
});

test('cells that span and hold several blocks become one line of a plain grid', () => {
  const doc = new Y.Doc();
  const paragraph = (text: string) => ({ type: 'paragraph', content: [{ type: 'text', text }] });
  writeContent(doc, [
    {
      type: 'table',
      content: [
        {
          type: 'tableRow',
          content: [
            { type: 'tableHeader', attrs: { colspan: 2 }, content: [paragraph('wide')] },
            { type: 'tableHeader', attrs: { rowspan: 2 }, content: [paragraph('tall')] },
          ],
        },
        {
          type: 'tableRow',
          content: [
            { type: 'tableCell', content: [paragraph('a'), paragraph('b|c')] },
            {
              type: 'tableCell',
              content: [{ type: 'bulletList', content: [{ type: 'listItem', content: [paragraph('d')] }] }],
            },
          ],
        },
      ],
    },
  ]);
  expect(docToMarkdown(doc).markdown).toBe(
    '| wide |  | tall |\n| --- | --- | --- |\n| a<br>b\\|c | d |  |\n',
  );
});
