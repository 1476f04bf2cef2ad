/* markdown-it, set up so that nothing a person wrote disappears: HTML stays visible text, except the few tags with a mark of their own. */
import MarkdownIt from 'markdown-it';
import { isSafeHref } from '../editor/safe-link.ts';

type Parser = ReturnType<typeof MarkdownIt>;
export type MarkdownToken = ReturnType<Parser['parse']>[number];

/** Tags that say the same as a mark or a break; anything else in angle brackets is text. */
const tagPattern = /^<(\/?)(u|b|strong|i|em|s|del|br)\s*\/?>/i;
const pictureTagPattern = /^<img\b[^<>]*>/i;
const dataPicture = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,/i;
const storedPicture = /^weft-blob:/;

export const isDataPicture = (src: string): boolean => dataPicture.test(src);

const han =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/u;
const blank = /[\s\u3000]/;
const punctuation = /[\p{P}\p{S}]/u;

const attributeOf = (tag: string, name: string): string | null => {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(tag);
  return match ? (match[1] ?? match[2] ?? match[3] ?? '') : null;
};

/**
 * Where CommonMark asks for a blank around `**` next to punctuation, people who write Chinese put none:
 * `**注意：**下午` is meant to be bold. With Chinese, Japanese or Korean on the other side the delimiter counts.
 */
function readCjkEmphasis(md: Parser): void {
  const State = md.inline.State;
  class FriendlyState extends State {
    override scanDelims(
      start: number,
      canSplitWord: boolean,
    ): ReturnType<InstanceType<typeof State>['scanDelims']> {
      const result = super.scanDelims(start, canSplitWord);
      const before = start > 0 ? this.src.charAt(start - 1) : ' ';
      const after = start + result.length < this.posMax ? this.src.charAt(start + result.length) : ' ';
      if (!canSplitWord || (blank.test(before) && blank.test(after))) return result;
      if (!blank.test(after) && punctuation.test(after) && han.test(before)) result.can_open = true;
      if (!blank.test(before) && punctuation.test(before) && han.test(after)) result.can_close = true;
      return result;
    }
  }
  md.inline.State = FriendlyState;
}

/** `strict`: as other programs read it. Otherwise also the Chinese way of emphasis, see above. */
export function makeParser(reading: 'strict' | 'friendly'): Parser {
  const md = new MarkdownIt({ html: false, linkify: false, typographer: false, breaks: false });
  // Addresses stay as they were written; markdown-it would turn Chinese file names into %E6….
  md.normalizeLink = (url) => url;
  md.normalizeLinkText = (url) => url;
  md.validateLink = (url) => isSafeHref(url) || isDataPicture(url) || storedPicture.test(url);
  md.inline.ruler.before('autolink', 'mark_tag', (state, silent) => {
    if (state.src.charCodeAt(state.pos) !== 0x3c) return false;
    const rest = state.src.slice(state.pos, state.pos + 4096);
    const picture = pictureTagPattern.exec(rest);
    const src = picture ? attributeOf(picture[0], 'src') : null;
    if (picture && src !== null && md.validateLink(src)) {
      if (!silent) {
        const token = state.push('image', 'img', 0);
        token.attrs = [['src', src]];
        token.content = attributeOf(picture[0], 'alt') ?? '';
        token.children = [];
      }
      state.pos += picture[0].length;
      return true;
    }
    const tag = tagPattern.exec(rest);
    if (!tag) return false;
    if (!silent) {
      const token = state.push('mark_tag', '', 0);
      token.content = tag[0];
      token.info = (tag[2] ?? '').toLowerCase();
      token.meta = { closing: tag[1] === '/' };
    }
    state.pos += tag[0].length;
    return true;
  });
  if (reading === 'friendly') readCjkEmphasis(md);
  return md;
}
