/** Bytes per second that one list of people, sent to all these people, may cost. */
const budget = 20 * 1024 * 1024;
/** Milliseconds. */
const longest = 5_000;

/**
 * What everybody is told about everybody costs members × members. Milliseconds to wait after so many bytes before the
 * next such message: almost none among twenty people, a second among a thousand.
 */
export const spacing = (bytes: number): number => Math.min(longest, Math.floor((bytes / budget) * 1000));
