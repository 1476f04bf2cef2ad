/** The one of its functions that we use: what loads this file has not to load the others. */
export { sha256 } from '@noble/hashes/sha2.js';
