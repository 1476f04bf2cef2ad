/** One tab stop for a whole toolbar; arrows, Home and End move inside, as the toolbar pattern of ARIA asks. */
export function toolbarKeys(toolbar: HTMLElement): { destroy: () => void } {
  const controls = (): HTMLElement[] => [...toolbar.querySelectorAll<HTMLElement>('button, select, input')];
  const settle = (current?: HTMLElement): void => {
    const all = controls();
    const stop = current ?? all.find((control) => control.tabIndex === 0) ?? all[0];
    for (const control of all) control.tabIndex = control === stop ? 0 : -1;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target instanceof HTMLSelectElement && (event.key === 'Home' || event.key === 'End')) return;
    const all = controls();
    const at = all.indexOf(event.target as HTMLElement);
    const last = all.length - 1;
    const next =
      event.key === 'ArrowRight'
        ? at === last
          ? 0
          : at + 1
        : event.key === 'ArrowLeft'
          ? at <= 0
            ? last
            : at - 1
          : event.key === 'Home'
            ? 0
            : event.key === 'End'
              ? last
              : -1;
    const control = all[next];
    if (!control) return;
    event.preventDefault();
    settle(control);
    control.focus();
  };
  const onFocusIn = (event: FocusEvent): void => {
    if (event.target instanceof HTMLElement) settle(event.target);
  };
  const observer = new MutationObserver(() => settle());
  observer.observe(toolbar, { childList: true, subtree: true });
  toolbar.addEventListener('keydown', onKeyDown);
  toolbar.addEventListener('focusin', onFocusIn);
  settle();
  return {
    destroy: () => {
      observer.disconnect();
      toolbar.removeEventListener('keydown', onKeyDown);
      toolbar.removeEventListener('focusin', onFocusIn);
    },
  };
}
