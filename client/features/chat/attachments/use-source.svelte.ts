import { untrack } from 'svelte';
import { useWorkspace } from '../../../data/context.ts';
import { FileSource, type SourceOptions } from './file-source.svelte.ts';

/** A source that lives as long as the component; it looks again when the relay can be reached again. */
export function useSource(options: () => SourceOptions): FileSource {
  const data = useWorkspace();
  const source = untrack(() => new FileSource(data, options()));
  $effect(() => {
    void data.sync.connection;
    untrack(() => void source.look());
  });
  $effect(() => () => source.close());
  return source;
}
