export const broadcastsPath = '/customers/broadcasts';
export const pathOf = (id: string): string => `${broadcastsPath}?show=${id}`;
