/** A tab that nobody looks at lets the one that somebody does speak first. Milliseconds. */
const courtesy = 1_500;

/**
 * Says something in one of the tabs that would: the first that takes the lock of this name, and holds it as long as it
 * lives. Pages that were not loaded over https have no locks, and all of them speak.
 */
export function speakOnce(name: string, speak: () => void): void {
  const locks = (navigator as { readonly locks?: LockManager }).locks;
  if (!locks) return speak();
  const take = (): void =>
    void locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return undefined;
      speak();
      return new Promise(() => undefined);
    });
  if (document.visibilityState === 'visible') take();
  else setTimeout(take, courtesy);
}
