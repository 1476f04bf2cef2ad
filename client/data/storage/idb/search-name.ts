import { deleteDB } from 'idb';

/** The index of what is in a device's database has one of its own: it goes with it, and can be made again from it. */
export const searchName = (name: string): string => `${name}:search`;

/** Nothing of it outlives what it was made from. A tab that holds it lets go by itself. */
export const forgetSearch = (name: string): Promise<void> =>
  new Promise((resolve, reject) => {
    deleteDB(searchName(name), { blocked: () => resolve() }).then(resolve, reject);
  });
