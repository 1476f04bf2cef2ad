import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HandedRow, HeldLease, Row } from '../../shared/protocol/messages.ts';
import type { StoredRow } from '../storage/contract.ts';
import type { Caller } from './contract.ts';

type Holder = Pick<Caller, 'member' | 'device'>;

/**
 * Proof that this relay took a row, or leased a client id: a keyed hash over the row's room, author, time and bytes, or
 * over the id and whose it is. Devices keep it, so that a relay restored from a backup can take back what it has lost,
 * rows from anybody who holds them.
 */
export interface Receipts {
  seal(row: StoredRow): Row;
  isOwn(row: HandedRow): boolean;
  sealLease(holder: Holder, id: number): HeldLease;
  isOwnLease(holder: Holder, lease: HeldLease): boolean;
}

const length = 16;

export function createReceipts(key: Uint8Array): Receipts {
  const proof = (facts: string, bytes: Uint8Array): Uint8Array =>
    new Uint8Array(createHmac('sha256', key).update(facts).update(bytes).digest().subarray(0, length));
  const ofRow = ({ room, by, at, bytes }: Pick<Row, 'room' | 'by' | 'at' | 'bytes'>): Uint8Array =>
    proof(`${room}\0${by}\0${at}\0`, bytes);
  // No room is called so: a room's name has slashes.
  const ofLease = ({ member, device }: Holder, id: number): Uint8Array =>
    proof(`lease\0${member}\0${device}\0${id}`, new Uint8Array());
  const same = (a: Uint8Array, b: Uint8Array): boolean => b.length === length && timingSafeEqual(a, b);
  return {
    seal: (row) => ({ ...row, receipt: ofRow(row) }),
    isOwn: (row) => same(ofRow(row), row.receipt),
    sealLease: (holder, id) => ({ id, receipt: ofLease(holder, id) }),
    isOwnLease: (holder, { id, receipt }) => same(ofLease(holder, id), receipt),
  };
}
