import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HandedRow, Row } from '../../shared/protocol/messages.ts';
import type { StoredRow } from '../storage/contract.ts';

/**
 * Proof that this relay took a row: a keyed hash over its room, author, time and bytes. Devices keep it, so that a
 * relay restored from a backup can take back what it has lost, from anybody who holds it.
 */
export interface Receipts {
  seal(row: StoredRow): Row;
  isOwn(row: HandedRow): boolean;
}

const length = 16;

export function createReceipts(key: Uint8Array): Receipts {
  const of = ({ room, by, at, bytes }: Pick<Row, 'room' | 'by' | 'at' | 'bytes'>): Uint8Array => {
    const proof = createHmac('sha256', key).update(`${room}\0${by}\0${at}\0`).update(bytes).digest();
    return new Uint8Array(proof.subarray(0, length));
  };
  return {
    seal: (row) => ({ ...row, receipt: of(row) }),
    isOwn: (row) => row.receipt.length === length && timingSafeEqual(of(row), row.receipt),
  };
}
