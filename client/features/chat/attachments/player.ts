/** Of all voice notes one is heard at a time. */
let playing: HTMLMediaElement | null = null;

export function playAlone(media: HTMLMediaElement): void {
  if (playing !== media) playing?.pause();
  playing = media;
  // A browser may refuse sound that nobody asked for; this one was asked for, and pausing at once is no fault.
  media.play().catch(() => undefined);
}
