/* The guest's page: opened by a contact link, without an account, in any browser. */
import { mount } from 'svelte';
import '../ui/tokens.css';
import '../ui/base.css';
import { followKeyboard } from '../ui/keyboard.ts';
import { language } from '../i18n/language.svelte.ts';
import { asBytes } from '../../shared/base/bytes.ts';
import type { OpenSocket } from '../data/sync/contract.ts';
import { Guest } from './guest.svelte.ts';
import GuestPage from './GuestPage.svelte';

const openSocket: OpenSocket = (events) => {
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/sync?as=guest`);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => events.opened();
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) events.frame(new Uint8Array(data));
  };
  socket.onclose = ({ code }) => events.closed(code);
  return {
    send: (frame) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(asBytes(frame));
    },
    close: () => socket.close(),
    buffered: () => socket.bufferedAmount,
  };
};

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app element');

language.start();
followKeyboard();
const code = /^\/c\/([^/]+)$/.exec(location.pathname)?.[1] ?? '';
const guest = new Guest({ code, openSocket });
mount(GuestPage, { target, props: { guest } });
void guest.start();
// Without https there is no worker: the page then needs the network to open.
if (!import.meta.env.DEV && 'serviceWorker' in navigator)
  void navigator.serviceWorker
    .register('/c/sw.js', { scope: '/c/', updateViaCache: 'none' })
    .catch(() => undefined);
