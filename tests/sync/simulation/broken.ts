/** What a schedule found wrong. */
export class Broken extends Error {}

export function must(isSo: boolean, otherwise: () => string): void {
  if (!isSo) throw new Broken(otherwise());
}
