/** All handovers, each with the way to undo it. */
export const handoversPath = '/customers/handovers';
