/* The names of languages are the same in every language of the interface. */
export interface CodeLanguage {
  readonly id: string;
  readonly name: string;
}

const known: readonly CodeLanguage[] = [
  { id: 'bash', name: 'Bash' },
  { id: 'c', name: 'C' },
  { id: 'cpp', name: 'C++' },
  { id: 'csharp', name: 'C#' },
  { id: 'css', name: 'CSS' },
  { id: 'diff', name: 'Diff' },
  { id: 'go', name: 'Go' },
  { id: 'graphql', name: 'GraphQL' },
  { id: 'xml', name: 'HTML, XML' },
  { id: 'ini', name: 'INI, TOML' },
  { id: 'java', name: 'Java' },
  { id: 'javascript', name: 'JavaScript' },
  { id: 'json', name: 'JSON' },
  { id: 'kotlin', name: 'Kotlin' },
  { id: 'lua', name: 'Lua' },
  { id: 'makefile', name: 'Makefile' },
  { id: 'markdown', name: 'Markdown' },
  { id: 'objectivec', name: 'Objective-C' },
  { id: 'perl', name: 'Perl' },
  { id: 'php', name: 'PHP' },
  { id: 'python', name: 'Python' },
  { id: 'r', name: 'R' },
  { id: 'ruby', name: 'Ruby' },
  { id: 'rust', name: 'Rust' },
  { id: 'scss', name: 'SCSS' },
  { id: 'sql', name: 'SQL' },
  { id: 'swift', name: 'Swift' },
  { id: 'typescript', name: 'TypeScript' },
  { id: 'yaml', name: 'YAML' },
];

/** The list to choose from; a block whose language is not in it (an alias, or one nobody colours) keeps its own. */
export const codeLanguages = (current: string): readonly CodeLanguage[] =>
  current === '' || known.some((language) => language.id === current)
    ? known
    : [{ id: current, name: current }, ...known];
