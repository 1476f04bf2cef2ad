/* The HTML file: to be read in any browser for many years, so it is text and style alone, without a program. */
import { fileKind } from '../../../../shared/features/chat/attachment.ts';
import { dayAndTime, formatBytes, formatList, fullDate, language, timeOfDay } from '../../../i18n/index.ts';
import { blocksOf, type Block, type Inline } from '../message-markdown.ts';
import { piecesOf } from '../message-text.ts';
import { chatTitle } from '../people.ts';
import { isEvent, isPinnedLine, type Line } from './contents.ts';
import type { ExportHead } from './json.ts';
import { t } from './strings.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (mark) => entities[mark]!);

/** Of a path in the archive: each part by itself, so that `#` and `?` in a name stay part of it. */
const address = (path: string): string => escaped(path.split('/').map(encodeURIComponent).join('/'));

const withLinks = (text: string): string =>
  piecesOf(text)
    .map((piece) =>
      piece.kind === 'link'
        ? `<a href="${escaped(piece.href)}" rel="noreferrer">${escaped(piece.text)}</a>`
        : escaped(piece.text),
    )
    .join('');

function inlineHtml(inside: readonly Inline[], isLinked = false): string {
  return inside
    .map((each) => {
      switch (each.kind) {
        case 'text':
          return isLinked ? escaped(each.text) : withLinks(each.text);
        case 'code':
          return `<code>${escaped(each.text)}</code>`;
        case 'link':
          return `<a href="${escaped(each.href)}" rel="noreferrer">${inlineHtml(each.inside, true)}</a>`;
        default:
          return `<${each.kind}>${inlineHtml(each.inside, isLinked)}</${each.kind}>`;
      }
    })
    .join('');
}

function blocksHtml(blocks: readonly Block[]): string {
  return blocks
    .map((block) => {
      switch (block.kind) {
        case 'words':
          return `<p>${inlineHtml(block.inside)}</p>`;
        case 'code':
          return `<pre><code>${escaped(block.text)}</code></pre>`;
        case 'quote':
          return `<blockquote>${blocksHtml(block.blocks)}</blockquote>`;
        case 'list': {
          const tag = block.start === null ? 'ul' : `ol start="${block.start}"`;
          const items = block.items.map((item) => `<li>${blocksHtml(item)}</li>`).join('');
          return `<${tag}>${items}</${tag.split(' ')[0]}>`;
        }
      }
    })
    .join('');
}

export const markdownHtml = (text: string): string => blocksHtml(blocksOf(text));

/** What stands over an answer: who said what it answers, and on which page. */
export interface Quote {
  readonly name: string;
  readonly words: string;
  readonly page: number;
}

const style = `
:root{color-scheme:light dark}
body{max-width:46rem;margin:0 auto;padding:1.5rem 1rem 4rem;font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header p,.time,.notice,.quote,.files small,.reactions,details,nav,.mark{color:#666;font-size:.85em}
h2{margin:2rem 0 .5rem;font-size:1em;border-bottom:1px solid #8884}
article{margin:.9rem 0}article:target{outline:2px solid #86f;outline-offset:4px}
article p,article ul,article ol{margin:.2rem 0;white-space:pre-wrap}article ul p,article ol p{margin:0}
blockquote,.quote{margin:.2rem 0;padding-left:.7rem;border-left:3px solid #8886}
.quote a{color:inherit;text-decoration:none}
pre{padding:.6rem;overflow-x:auto;background:#8881;border-radius:6px}code{font-size:.9em}
img,video{display:block;max-width:100%;max-height:24rem;margin:.3rem 0;border-radius:6px}
.mark{padding:0 .3em;border:1px solid #8886;border-radius:4px}
.reactions span{margin-right:.8em}.record{margin:.3rem 0;padding:.5rem .7rem;border:1px solid #8884;border-radius:6px}
nav{display:flex;gap:1rem;flex-wrap:wrap;margin:1.5rem 0}
@media print{nav{display:none}}`;

export const pageName = (page: number): string => `conversation${page > 1 ? `-${page}` : ''}.html`;

export class Html {
  readonly #head: ExportHead;
  readonly #quotes: ReadonlyMap<string, Quote>;
  readonly #pages: number;
  readonly #days = new Intl.DateTimeFormat(language.tag, { dateStyle: 'full' });
  #day = '';

  constructor(head: ExportHead, quotes: ReadonlyMap<string, Quote>, pages: number) {
    this.#head = head;
    this.#quotes = quotes;
    this.#pages = pages;
  }

  begin(page: number): string {
    const { data, contents, period, at, older } = this.#head;
    const { state } = contents.row;
    this.#day = '';
    const title = escaped(chatTitle(state, data.directory, data.me));
    const names = contents.people.filter(({ member }) => member).map(({ name }) => name);
    const day = (moment: number): string => fullDate(moment);
    const notes = [
      t.members({ names: formatList(names) }),
      t.madeBy({ name: contents.nameOf(data.me), date: fullDate(at) }),
      ...(period.from === null && period.to === null
        ? []
        : [
            t.periodOf({
              from: period.from === null ? t.start0 : day(period.from),
              to: period.to === null ? t.end0 : day(period.to - 1),
            }),
          ]),
      ...(older > 0 ? [t.olderNote({ count: older })] : []),
    ];
    const policy =
      "default-src 'none'; img-src 'self' file: data:; media-src 'self' file:; style-src 'unsafe-inline'";
    return `<!doctype html>
<html lang="${language.tag}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}"><meta name="referrer" content="no-referrer">
<title>${title}</title><style>${style}</style></head><body>
<header><h1>${title}</h1>${notes.map((note) => `<p>${escaped(note)}</p>`).join('')}</header>${this.#nav(page)}<main>
`;
  }

  end(page: number, missing: readonly { readonly name: string; readonly why: string }[]): string {
    const list = missing.map(({ name, why }) => `<li>${escaped(name)} (${escaped(why)})</li>`).join('');
    const report =
      list === '' || page < this.#pages
        ? ''
        : `<section><h2>${escaped(t.missingTitle)}</h2><ul>${list}</ul></section>`;
    return `</main>${report}${this.#nav(page)}</body></html>\n`;
  }

  line(line: Line, page: number): string {
    const full = this.#days.format(line.at);
    const heading = full === this.#day ? '' : `<h2>${escaped(full)}</h2>\n`;
    this.#day = full;
    return (
      heading +
      (isEvent(line) ? `<p class="notice">${escaped(line.sentence)}</p>\n` : this.#message(line, page))
    );
  }

  #nav(page: number): string {
    if (this.#pages < 2) return '';
    const to = (other: number, words: string): string =>
      other < 1 || other > this.#pages ? '' : `<a href="${pageName(other)}">${escaped(words)}</a>`;
    return `<nav aria-label="${escaped(t.pages)}">${to(page - 1, t.previous)}<span>${escaped(t.pageOf({ page }))} / ${this.#pages}</span>${to(page + 1, t.next)}</nav>`;
  }

  #message(line: Exclude<Line, { event: string }>, page: number): string {
    const { contents } = this.#head;
    const name = (id: string): string => escaped(contents.nameOf(id));
    const marks = [
      ...(line.imported ? [t.imported({ who: contents.nameOf(line.imported.by) })] : []),
      ...(isPinnedLine(contents.row, line.id) ? [t.pinned] : []),
      ...(line.thread !== undefined && line.thread !== line.replyTo ? [t.inThread] : []),
    ].map((mark) => ` <span class="mark">${escaped(mark)}</span>`);
    const time = `<time class="time" datetime="${new Date(line.at).toISOString()}">${escaped(timeOfDay(line.at))}</time>`;
    const parts = [`<div><strong>${name(line.by)}</strong> ${time}${marks.join('')}</div>`];
    if (line.recalled) parts.push(`<p class="notice">${escaped(t.recalled)}</p>`);
    if (line.replyTo !== undefined) parts.push(this.#quote(line.replyTo, page));
    if (line.forwarded !== undefined)
      parts.push(`<p class="notice">${escaped(t.forwarded({ name: contents.nameOf(line.forwarded) }))}</p>`);
    if (line.text) parts.push(markdownHtml(line.text));
    if (line.record) {
      const items = line.record.items.map(
        (item) =>
          `<div><strong>${name(item.by)}</strong> <span class="time">${escaped(dayAndTime(item.at))}</span>${markdownHtml(item.text)}</div>`,
      );
      parts.push(
        `<div class="record"><strong>${escaped(t.recordOf({ title: line.record.title }))}</strong>${items.join('')}</div>`,
      );
    }
    if (line.files)
      parts.push(`<div class="files">${line.files.map((file) => this.#file(file)).join('')}</div>`);
    if (line.edited !== undefined)
      parts.push(`<span class="time">${escaped(t.edited({ date: fullDate(line.edited) }))}</span>`);
    if (line.versions) {
      const versions = line.versions.map(
        (version) =>
          `<div><span class="time">${escaped(fullDate(version.at))}</span>${markdownHtml(version.text)}</div>`,
      );
      parts.push(
        `<details><summary>${escaped(t.earlier({ count: versions.length }))}</summary>${versions.join('')}</details>`,
      );
    }
    if (line.reactions) {
      const each = line.reactions.map(
        ({ emoji, by }) =>
          `<span>${escaped(emoji)} ${escaped(formatList(by.map((id) => contents.nameOf(id))))}</span>`,
      );
      parts.push(`<div class="reactions">${each.join('')}</div>`);
    }
    return `<article id="m-${escaped(line.id)}">${parts.join('\n')}</article>\n`;
  }

  #quote(id: string, page: number): string {
    const quote = this.#quotes.get(id);
    if (!quote) return `<p class="quote">${escaped(t.answersGone)}</p>`;
    const where = quote.page === page ? '' : pageName(quote.page);
    const words = t.answers({ name: quote.name, words: quote.words });
    return `<p class="quote"><a href="${where}#m-${escaped(id)}">${escaped(words)}</a></p>`;
  }

  #file(file: NonNullable<Exclude<Line, { event: string }>['files']>[number] & { missing?: string }): string {
    const about = `<small>${escaped(formatBytes(file.size ?? 0))}</small>`;
    if (file.path === undefined)
      return `<p>📎 ${escaped(file.name)} ${about} <small>${escaped(t.fileMissing({ why: file.missing ?? '' }))}</small></p>`;
    const at = address(file.path);
    const link = `<p>📎 <a href="${at}" download>${escaped(file.name)}</a> ${about}</p>`;
    switch (fileKind({ type: file.type ?? '' })) {
      case 'picture':
        return `<a href="${at}"><img src="${at}" alt="${escaped(file.name)}" loading="lazy"></a>`;
      case 'video':
        return `<video controls preload="none" src="${at}"></video>${link}`;
      case 'audio':
        return `<audio controls preload="none" src="${at}"></audio>${link}`;
      default:
        return link;
    }
  }
}
