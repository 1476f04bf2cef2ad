import { fillPlaces } from './places.ts';

/** A welcome as a guest reads it: with the names of the company and of whoever answers in their places. */
export const filledWelcome = (text: string, company: string, person: string): string =>
  fillPlaces(text, { company, person });
