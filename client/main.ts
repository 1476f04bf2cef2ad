/* The composition root: who is signed in, then the shell. What goes wrong before there is a shell is said in words. */
import { mount } from 'svelte';
import App from './app/App.svelte';
import { language } from './i18n/index.ts';
import { session } from './session/session.svelte.ts';

const sentences = {
  en: { title: 'Weft could not start.', again: 'Reload' },
  zh: { title: 'Weft 没能启动。', again: '重新加载' },
} as const;

function showStartFailure(target: HTMLElement, cause: unknown): void {
  const words = sentences[language.current];
  const box = document.createElement('div');
  box.setAttribute('role', 'alert');
  box.style.cssText = 'max-width:32rem;margin:20vh auto;padding:1rem;font:16px/1.5 system-ui,sans-serif';
  const title = document.createElement('p');
  title.textContent = words.title;
  const detail = document.createElement('p');
  detail.style.cssText = 'font-size:13px;overflow-wrap:anywhere';
  detail.textContent = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const again = document.createElement('button');
  again.type = 'button';
  again.textContent = words.again;
  again.addEventListener('click', () => window.location.reload());
  box.append(title, detail, again);
  target.replaceChildren(box);
}

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app element');

try {
  mount(App, { target, props: { session } });
  session.start().catch((cause: unknown) => showStartFailure(target, cause));
} catch (cause) {
  showStartFailure(target, cause);
}
