/* What a person can copy and send when something broke: no content, only what a developer needs. */
export const errorDetails = (error: unknown): string => {
  const text = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);
  // Without the address's own parts: room ids and one-time codes are nobody else's business.
  const section = location.pathname.split('/')[1] ?? '';
  return [`Weft, /${section}`, new Date().toISOString(), navigator.userAgent, '', text].join('\n');
};
