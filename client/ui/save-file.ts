/** Hands a file to the person under this name, as browsers do with downloads. */
export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads the address after this turn; a minute is enough even for a slow disk to have opened it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
