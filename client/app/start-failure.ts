/* What a person reads when there is no shell to say it: made by hand, because whatever failed may be what draws pages. */
import { language, type Language } from '../i18n/index.ts';

interface Words {
  readonly title: string;
  readonly text: string;
}

const again: Readonly<Record<Language, string>> = { en: 'Try again', zh: '再试一次' };

const blocked: Readonly<Record<Language, Words>> = {
  en: {
    title: 'This browser does not let Weft store anything',
    text: 'Weft works from a copy on this device. Allow cookies and site data for this address, or leave the private window, then try again.',
  },
  zh: {
    title: '浏览器不允许 Weft 保存内容',
    text: 'Weft 靠存在这台设备上的内容工作。请允许这个地址使用 Cookie 和网站数据，或退出无痕窗口，再试一次。',
  },
};

const broken: Readonly<Record<Language, Words>> = {
  en: {
    title: 'Weft could not start',
    text: 'Try again. If that does not help, send the line below to whoever looks after your relay.',
  },
  zh: {
    title: 'Weft 没能启动',
    text: '请再试一次。如果还是不行，把下面这行发给维护中继的人。',
  },
};

/** Browsers that block site data throw at the first touch, some have no database at all. */
export function storageIsBlocked(): boolean {
  try {
    window.localStorage.getItem('weft');
    return typeof window.indexedDB === 'undefined';
  } catch {
    return true;
  }
}

function paragraph(text: string, style: string): HTMLElement {
  const element = document.createElement('p');
  element.style.cssText = style;
  element.textContent = text;
  return element;
}

/** Replaces the page by a sentence about `cause`, or about blocked storage when that is what stands behind it. */
export function showStartFailure(target: HTMLElement, cause: unknown): void {
  const isBlocked = storageIsBlocked();
  const words = (isBlocked ? blocked : broken)[language.current];
  const box = document.createElement('div');
  box.setAttribute('role', 'alert');
  box.style.cssText = 'max-width:32rem;margin:20vh auto 0;padding:1rem;font:16px/1.5 system-ui,sans-serif';
  const title = document.createElement('h1');
  title.style.cssText = 'font-size:20px;margin:0 0 8px';
  title.textContent = words.title;
  const button = document.createElement('button');
  button.type = 'button';
  button.style.cssText = 'font:inherit;padding:8px 16px;border:1px solid;border-radius:6px';
  button.textContent = again[language.current];
  button.addEventListener('click', () => window.location.reload());
  box.append(title, paragraph(words.text, 'margin:0 0 16px'), button);
  if (!isBlocked) {
    const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    box.append(paragraph(detail, 'margin:16px 0 0;font-size:13px;overflow-wrap:anywhere'));
  }
  target.replaceChildren(box);
}
