/** So many conversations with about so many messages together: a few very busy ones, many quiet ones. */
export function roomsOf(conversations: number, messages: number): number[] {
  const shares = Array.from({ length: conversations }, (_, i) =>
    i % 100 === 50 ? 40 : i % 11 === 5 ? 8 : 1,
  );
  const all = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => Math.round((share / all) * messages));
}
