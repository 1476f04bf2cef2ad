/** What the list of devices calls this one: browser and system, as far as the browser says. */
export function deviceName(agent: string = navigator.userAgent): string {
  const browser =
    [
      ['Edg/', 'Edge'],
      ['MicroMessenger', 'WeChat'],
      ['Firefox/', 'Firefox'],
      ['Chrome/', 'Chrome'],
      ['Safari/', 'Safari'],
    ].find(([mark]) => agent.includes(mark!))?.[1] ?? 'Browser';
  const system = [
    ['Android', 'Android'],
    ['iPhone', 'iPhone'],
    ['iPad', 'iPad'],
    ['Windows', 'Windows'],
    ['Mac OS X', 'macOS'],
    ['CrOS', 'ChromeOS'],
    ['Linux', 'Linux'],
  ].find(([mark]) => agent.includes(mark!))?.[1];
  return system ? `${browser} · ${system}` : browser;
}
