/** A welcome as a guest reads it: with the names of the company and of whoever answers in their places. */
export const filledWelcome = (text: string, company: string, person: string): string =>
  // In one go: a name may look like a place.
  text.replace(/\{(company|person)\}/g, (_, place) => (place === 'company' ? company : person));
