/**
 * Says on which sides a row has more than it shows, in `data-more` (`start`, `end`, `both`, `none`), so that styles can
 * fade that edge: a row that only looks cut off is not scrolled by anyone.
 */
export function edgeFade(row: HTMLElement): { destroy: () => void } {
  const look = (): void => {
    const before = row.scrollLeft > 1;
    const after = row.scrollLeft + row.clientWidth < row.scrollWidth - 1;
    row.dataset['more'] = before && after ? 'both' : before ? 'start' : after ? 'end' : 'none';
  };
  const sizes = new ResizeObserver(look);
  sizes.observe(row);
  const content = new MutationObserver(look);
  content.observe(row, { childList: true });
  row.addEventListener('scroll', look, { passive: true });
  look();
  return {
    destroy: () => {
      sizes.disconnect();
      content.disconnect();
      row.removeEventListener('scroll', look);
    },
  };
}
