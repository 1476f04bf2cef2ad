/** Resolves when a value that Svelte tracks becomes true; for code that runs outside of components. */
export function until(read: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = $effect.root(() => {
      $effect(() => {
        if (!read()) return;
        resolve();
        queueMicrotask(() => stop());
      });
    });
  });
}
