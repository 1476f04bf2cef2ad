import { createSubscriber } from 'svelte/reactivity';

const subscribe = createSubscriber((update) => {
  addEventListener('focus', update);
  addEventListener('blur', update);
  document.addEventListener('visibilitychange', update);
  return () => {
    removeEventListener('focus', update);
    removeEventListener('blur', update);
    document.removeEventListener('visibilitychange', update);
  };
});

/** Whether somebody is looking at this page: it is visible and the window has the focus. */
export const pageFocus = {
  get here(): boolean {
    subscribe();
    return document.visibilityState === 'visible' && document.hasFocus();
  },
};
