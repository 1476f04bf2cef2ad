/*
 * One bubble for the whole page instead of a component per button: lists hold hundreds of icon buttons. It only repeats
 * what the control's accessible name says already, so it is hidden from screen readers.
 */
import type { Attachment } from 'svelte/attachments';

export type TooltipSide = 'top' | 'bottom' | 'right' | 'left';

const delay = 450;
const gap = 6;
const edge = 6;

let bubble: HTMLDivElement | undefined;
let owner: Element | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let lastHidden = 0;

const makeBubble = (): HTMLDivElement => {
  const element = document.createElement('div');
  element.className = 'weft-tooltip';
  element.setAttribute('aria-hidden', 'true');
  element.popover = 'manual'; // the top layer: above dialogs, never clipped
  document.body.append(element);
  return element;
};

const place = (box: HTMLDivElement, anchor: Element, wanted: TooltipSide): void => {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  let side = wanted;
  if (side === 'top' && at.top < height + gap + edge) side = 'bottom';
  if (side === 'bottom' && at.bottom + height + gap + edge > innerHeight) side = 'top';
  if (side === 'right' && at.right + width + gap + edge > innerWidth) side = 'left';
  const beside = side === 'left' || side === 'right';
  const x = beside
    ? side === 'right'
      ? at.right + gap
      : at.left - gap - width
    : at.left + at.width / 2 - width / 2;
  const y = beside
    ? at.top + at.height / 2 - height / 2
    : side === 'top'
      ? at.top - gap - height
      : at.bottom + gap;
  box.style.left = `${Math.round(Math.min(Math.max(edge, x), innerWidth - width - edge))}px`;
  box.style.top = `${Math.round(Math.min(Math.max(edge, y), innerHeight - height - edge))}px`;
};

const hide = (anchor: Element): void => {
  if (owner !== anchor) return;
  clearTimeout(timer);
  owner = undefined;
  if (bubble?.matches(':popover-open')) {
    bubble.hidePopover();
    lastHidden = Date.now();
  }
};

const show = (anchor: Element, text: string, side: TooltipSide, at: 'soon' | 'now'): void => {
  clearTimeout(timer);
  owner = anchor;
  // Moving along a toolbar shows the next one at once.
  const wait = at === 'now' || Date.now() - lastHidden < 300 ? 0 : delay;
  timer = setTimeout(() => {
    if (owner !== anchor || !anchor.isConnected) return;
    bubble ??= makeBubble();
    bubble.textContent = text;
    if (!bubble.matches(':popover-open')) bubble.showPopover();
    place(bubble, anchor, side);
  }, wait);
};

/** `{@attach tooltip('Search', 'right')}`: shows on hover of a fine pointer and on keyboard focus. */
export const tooltip =
  (text: string | undefined, side: TooltipSide = 'top'): Attachment =>
  (anchor) => {
    if (!text) return undefined;
    const enter = (event: Event): void => {
      if (event instanceof PointerEvent && event.pointerType === 'mouse') show(anchor, text, side, 'soon');
    };
    const focus = (): void => {
      if (anchor.matches(':focus-visible')) show(anchor, text, side, 'now');
    };
    const leave = (): void => hide(anchor);
    const key = (event: Event): void => {
      if (event instanceof KeyboardEvent && event.key === 'Escape') hide(anchor);
    };
    anchor.addEventListener('pointerenter', enter);
    anchor.addEventListener('pointerleave', leave);
    anchor.addEventListener('pointerdown', leave);
    anchor.addEventListener('focus', focus);
    anchor.addEventListener('blur', leave);
    anchor.addEventListener('keydown', key);
    return () => {
      hide(anchor);
      anchor.removeEventListener('pointerenter', enter);
      anchor.removeEventListener('pointerleave', leave);
      anchor.removeEventListener('pointerdown', leave);
      anchor.removeEventListener('focus', focus);
      anchor.removeEventListener('blur', leave);
      anchor.removeEventListener('keydown', key);
    };
  };
