/* The composition root: who is signed in, then the shell. What goes wrong before there is a shell is said in words. */
import { mount } from 'svelte';
import App from './app/App.svelte';
import { showStartFailure, storageIsBlocked } from './app/start-failure.ts';
import { session } from './session/session.svelte.ts';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app element');

try {
  if (storageIsBlocked()) throw new Error('the browser blocks storage');
  // First, so that what it needs is on its way while the frame is put up.
  const started = session.start();
  mount(App, { target, props: { session } });
  started.catch((cause: unknown) => showStartFailure(target, cause));
} catch (cause) {
  showStartFailure(target, cause);
}
