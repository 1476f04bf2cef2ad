/** Keeps --keyboard at the height that an on-screen keyboard takes from the layout viewport (iOS overlays it). */
export const followKeyboard = (): (() => void) => {
  const viewport = typeof window === 'undefined' ? null : window.visualViewport;
  if (!viewport) return () => undefined;
  const measure = (): void => {
    const covered = Math.max(0, Math.round(window.innerHeight - viewport.height - viewport.offsetTop));
    document.documentElement.style.setProperty('--keyboard', `${covered > 80 ? covered : 0}px`);
  };
  viewport.addEventListener('resize', measure);
  viewport.addEventListener('scroll', measure);
  return () => {
    viewport.removeEventListener('resize', measure);
    viewport.removeEventListener('scroll', measure);
  };
};
