import { getContext, setContext } from 'svelte';

/** The address of somebody's picture, by their id; undefined while there is none to be shown. Read where Svelte reads. */
export type Faces = (id: string) => string | undefined;

const key = Symbol('faces');

/** Every avatar below the component that calls this shows these. */
export const provideFaces = (faces: Faces): Faces => setContext(key, faces);

export const useFaces = (): Faces | undefined => getContext<Faces | undefined>(key);
