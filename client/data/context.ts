import { createContext } from 'svelte';
import type { WorkspaceData } from './api.ts';

/** `useWorkspace()` in any component below the shell; the shell provides it once per signed-in account. */
export const [useWorkspace, provideWorkspace] = createContext<WorkspaceData>();
