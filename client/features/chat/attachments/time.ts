/** 0:07, 12:30, 1:02:03: how long something lasts, from milliseconds. */
export function clockTime(milliseconds: number): string {
  const all = Math.round(milliseconds / 1000);
  const seconds = String(all % 60).padStart(2, '0');
  const minutes = Math.floor(all / 60) % 60;
  const hours = Math.floor(all / 3600);
  return hours === 0 ? `${minutes}:${seconds}` : `${hours}:${String(minutes).padStart(2, '0')}:${seconds}`;
}
